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
const RUNTIME = /[\\/]bin[\\/]jsii-runtime\.js$/;
const resolve = Module._resolveFilename;

Module._resolveFilename = function (request, parent, isMain, ...rest) {
  const file = resolve.call(this, request, parent, isMain, ...rest);
  if (isMain && RUNTIME.test(file)) {
    return withoutGoBetween(file);
  }
  if (!EAGER_INDEX.test(file)) {
    return file;
  }
  const lazy = path.join(path.dirname(file), "lazy-index.js");
  return fs.existsSync(lazy) ? lazy : file;
};

// jsii's runtime is a Node that starts a second one, hands it every message on descriptor 3, and hands back what that one
// answers and prints. Here the first one is the second one: messages come in on stdin, answers go out on stdout, and what
// is printed goes to stderr, in the form that jsii's Python reads there.
function withoutGoBetween(runtime) {
  const program = path.join(path.dirname(runtime), "..", "lib", "program.js");
  const links = "--preserve-symlinks"; // what the go-between starts it with; jsii's package cache depends on it
  const known =
    process.platform !== "win32" &&
    (process.env.NODE_OPTIONS || "").includes(links) &&
    fs.existsSync(program) &&
    fs.readFileSync(program, "utf8").includes("readFD:3,writeFD:3");
  if (!known) {
    return runtime;
  }
  process.execArgv.push(links);
  const { openSync, readSync, writeSync } = fs;
  while (openSync(require("os").devNull, "r") < 3); // so that 3 is no file that somebody opens later
  fs.readSync = (descriptor, ...rest) => readSync(descriptor === 3 ? 0 : descriptor, ...rest);
  fs.writeSync = (descriptor, ...rest) => writeSync(descriptor === 3 ? 1 : descriptor, ...rest);
  for (const stream of ["stdout", "stderr"]) {
    process[stream].write = (text) => {
      writeSync(2, JSON.stringify({ [stream]: Buffer.from(text).toString("base64") }) + "\n");
      return true;
    };
  }
  return program;
}

const load = Module._load;

Module._load = function (request, ...rest) {
  // cdktf needs it for zipped assets alone, and it takes a tenth of cdktf's own loading: require it when it is called.
  if (request === "archiver") {
    return (...options) => load.call(this, request, ...rest)(...options);
  }
  // cdktf notes where in Node each token was made. That is always inside jsii, which helps nobody.
  if (request.endsWith("/stack-trace")) {
    return { ...load.call(this, request, ...rest), captureStackTrace: () => [] };
  }
  return load.call(this, request, ...rest);
};

// jsii writes an index of each large package into its cache once, in a thread of its own. A synthesis is over before that
// of the AWS provider is done, and every later one would again parse 131 MB instead: let the first one wait for it.
const threads = require("worker_threads");
const exit = process.exit;
const indexing = new Set();

threads.Worker = class extends threads.Worker {
  constructor(...options) {
    super(...options);
    indexing.add(new Promise((done) => this.once("exit", done)));
  }
};

process.exit = (...code) => {
  if (indexing.size > 0) {
    Promise.all(indexing).then(() => exit.call(process, ...code));
  } else {
    exit.call(process, ...code);
  }
};

// V8 lets the young generation grow to tens of megabytes; a synthesis has no use for them.
require("v8").setFlagsFromString("--semi-space-growth-factor=1");
