// Loaded by Node before jsii's kernel (see bindings.py). A prebuilt provider's lib/index.js requires all of its 1,500
// modules at once; beside it lies lib/lazy-index.js with the same exports as getters. Requiring that one instead saves
// seconds and 400 MB. A package without a lazy index is left as it is.
"use strict";

// cdktf's own dependencies use calls that current Node deprecates; its users can do nothing about it.
process.noDeprecation = true;

const fs = require("fs");
const Module = require("module");
const path = require("path");

const EAGER_INDEX = /[\\/]@cdktf[\\/]provider-[^\\/]+[\\/]lib[\\/]index\.js$/;
const resolve = Module._resolveFilename;

Module._resolveFilename = function (...request) {
  const file = resolve.apply(this, request);
  if (!EAGER_INDEX.test(file)) {
    return file;
  }
  const lazy = path.join(path.dirname(file), "lazy-index.js");
  return fs.existsSync(lazy) ? lazy : file;
};

// cdktf needs it for zipped assets alone, and it takes a tenth of cdktf's own loading: require it when it is called.
const load = Module._load;

Module._load = function (request, ...rest) {
  if (request !== "archiver") {
    return load.call(this, request, ...rest);
  }
  return (...options) => load.call(this, request, ...rest)(...options);
};

// V8 lets the young generation grow to tens of megabytes; a synthesis has no use for them.
require("v8").setFlagsFromString("--semi-space-growth-factor=1");
