"""Terraform's plugin protocol 6, for any provider whose schema `terraform providers schema -json` has printed.

The messages come from PyPI `tf`. Its own servicer and server loop are not used: the servicer knows no list blocks and no
nested attributes, and the loop drops the calls that are under way when Terraform asks it to stop. A real provider
answers each of them, and so does this one, or an interrupted apply would lose what it just made.
"""

from __future__ import annotations

import json
import os
import signal
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from concurrent import futures
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import grpc  # type: ignore[import-untyped]  # no stubs
import msgpack  # type: ignore[import-untyped]  # no stubs
from tf.gen import grpc_controller_pb2 as controller_pb  # type: ignore[import-untyped]  # generated, without types
from tf.gen import grpc_controller_pb2_grpc as controller_rpc
from tf.gen import grpc_stdio_pb2_grpc as stdio_rpc
from tf.gen import tfplugin_pb2 as pb
from tf.gen import tfplugin_pb2_grpc as rpc

Values = dict[str, Any]
"""An object as Terraform sees it: attribute and block names to None, scalars, lists, dicts or `UNKNOWN`."""


class Refused(Exception):
    """The provider, or the API behind it, says no; the text is what Terraform shows."""


class Interrupted(Refused):
    """The provider was told to stop while it waited for an answer."""

    def __init__(self, made: Values | None) -> None:
        super().__init__("context canceled")
        self.made = made
        """The object as far as the provider knows it, for Terraform to note as tainted; None where the answer would have had its id."""


class _Unknown:
    """A value that is known only after apply."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()


class Provider(Protocol):
    """What a provider does beyond having a schema. Every method may raise `Refused`."""

    def configure(self, config: Values) -> None: ...

    def validate(self, type_name: str, config: Values) -> None: ...

    def plan(self, type_name: str, prior: Values | None, proposed: Values, config: Values) -> tuple[Values, list[str]]:
        """The planned object, and the attributes whose change replaces it."""

    def create(self, type_name: str, planned: Values) -> Values: ...

    def update(self, type_name: str, prior: Values, planned: Values) -> Values: ...

    def delete(self, type_name: str, prior: Values) -> None: ...

    def read(self, type_name: str, current: Values) -> Values | None: ...

    def find(self, type_name: str, import_id: str) -> Values: ...

    def look_up(self, type_name: str, config: Values) -> Values: ...

    def stop(self) -> None:
        """Terraform was interrupted: stop waiting. Other calls come after this, to end what is under way."""


def decode(value: pb.DynamicValue) -> Any:
    """A value off the wire. Refined unknowns ("not null", "starts with") become plain ones."""
    if value.msgpack:
        return msgpack.unpackb(value.msgpack, ext_hook=lambda code, data: UNKNOWN, strict_map_key=False)
    return json.loads(value.json) if value.json else None


def encode(value: Any) -> pb.DynamicValue:
    """A value for the wire."""
    return pb.DynamicValue(msgpack=msgpack.packb(value, default=lambda unknown: msgpack.ExtType(0, b"\x00")))


def conform(block: Mapping[str, Any], value: Values) -> Values:
    """The object with every attribute and block of the schema, absent ones null or empty, as Terraform requires."""
    result: Values = {
        name: _shaped(attribute.get("type", "string"), value.get(name))
        for name, attribute in block.get("attributes", {}).items()
    }
    for name, nested in block.get("block_types", {}).items():
        mode, inner = nested["nesting_mode"], value.get(name)
        if mode in ("single", "group"):
            result[name] = None if inner is None else inner if inner is UNKNOWN else conform(nested["block"], inner)
        elif inner is UNKNOWN:
            result[name] = inner
        elif mode == "map":
            result[name] = {key: conform(nested["block"], item) for key, item in (inner or {}).items()}
        else:
            result[name] = [item if item is UNKNOWN else conform(nested["block"], item) for item in inner or []]
    return result


def _shaped(kind: Any, value: Any) -> Any:
    """An attribute's value with every part that an object in its type has."""
    if value is None or value is UNKNOWN or isinstance(kind, str):
        return value
    outer, inner = kind
    if outer == "object":
        return {name: _shaped(part, value.get(name)) for name, part in inner.items()}
    if outer == "map":
        return {key: _shaped(inner, item) for key, item in value.items()}
    return [_shaped(inner, item) for item in value]


NESTING = {mode: getattr(pb.Schema.NestedBlock, mode.upper()) for mode in ("single", "group", "list", "set", "map")}


def _attribute(name: str, attribute: Mapping[str, Any]) -> pb.Schema.Attribute:
    nested = attribute.get("nested_type")
    return pb.Schema.Attribute(
        name=name,
        type=json.dumps(attribute["type"]).encode() if nested is None else None,
        nested_type=None
        if nested is None
        else pb.Schema.Object(
            attributes=[_attribute(inner, item) for inner, item in sorted(nested["attributes"].items())],
            nesting=getattr(pb.Schema.Object, nested["nesting_mode"].upper()),
        ),
        **{flag: bool(attribute.get(flag)) for flag in ("required", "optional", "computed", "sensitive", "deprecated")},
    )


def _block(block: Mapping[str, Any]) -> pb.Schema.Block:
    return pb.Schema.Block(
        deprecated=bool(block.get("deprecated")),
        attributes=[_attribute(name, item) for name, item in sorted(block.get("attributes", {}).items())],
        block_types=[
            pb.Schema.NestedBlock(
                type_name=name,
                block=_block(nested["block"]),
                nesting=NESTING[nested["nesting_mode"]],
                min_items=nested.get("min_items", 0),
                max_items=nested.get("max_items", 0),
            )
            for name, nested in sorted(block.get("block_types", {}).items())
        ],
    )


def _schema(schema: Mapping[str, Any]) -> pb.Schema:
    return pb.Schema(version=schema["version"], block=_block(schema["block"]))


def _diagnostics(work: Callable[[], None]) -> list[pb.Diagnostic]:
    """Do the work; what it refuses becomes Terraform's error, and a defect of the sandbox shows its traceback there."""
    try:
        work()
    except Refused as refusal:
        return [pb.Diagnostic(severity=pb.Diagnostic.ERROR, summary=str(refusal))]
    except Exception:  # whatever it is, the person in front of Terraform should see it
        return [pb.Diagnostic(severity=pb.Diagnostic.ERROR, summary="sandbox defect", detail=traceback.format_exc())]
    return []


class Servicer(rpc.ProviderServicer):  # type: ignore[misc]  # the generated code has no types
    """The calls that Terraform makes to a provider, for one schema and whatever stands behind it."""

    def __init__(self, schemas: Mapping[str, Any], provider: Provider) -> None:
        self.schemas = schemas
        self.provider = provider

    def _resource(self, type_name: str) -> Mapping[str, Any]:
        block: Mapping[str, Any] = self.schemas["resource_schemas"][type_name]["block"]
        return block

    def GetMetadata(self, request: Any, context: Any) -> Any:
        return pb.GetMetadata.Response(
            server_capabilities=pb.ServerCapabilities(get_provider_schema_optional=True),
            resources=[pb.GetMetadata.ResourceMetadata(type_name=name) for name in self.schemas["resource_schemas"]],
            data_sources=[
                pb.GetMetadata.DataSourceMetadata(type_name=name) for name in self.schemas["data_source_schemas"]
            ],
        )

    def GetProviderSchema(self, request: Any, context: Any) -> Any:
        return pb.GetProviderSchema.Response(
            server_capabilities=pb.ServerCapabilities(get_provider_schema_optional=True),
            provider=_schema(self.schemas["provider"]),
            resource_schemas={name: _schema(item) for name, item in self.schemas["resource_schemas"].items()},
            data_source_schemas={name: _schema(item) for name, item in self.schemas["data_source_schemas"].items()},
        )

    def ValidateProviderConfig(self, request: Any, context: Any) -> Any:
        return pb.ValidateProviderConfig.Response()

    def ConfigureProvider(self, request: Any, context: Any) -> Any:
        return pb.ConfigureProvider.Response(
            diagnostics=_diagnostics(lambda: self.provider.configure(decode(request.config)))
        )

    def ValidateResourceConfig(self, request: Any, context: Any) -> Any:
        return pb.ValidateResourceConfig.Response(
            diagnostics=_diagnostics(lambda: self.provider.validate(request.type_name, decode(request.config)))
        )

    def ValidateDataResourceConfig(self, request: Any, context: Any) -> Any:
        return pb.ValidateDataResourceConfig.Response()

    def UpgradeResourceState(self, request: Any, context: Any) -> Any:
        state = conform(self._resource(request.type_name), json.loads(request.raw_state.json))
        return pb.UpgradeResourceState.Response(upgraded_state=encode(state))

    def PlanResourceChange(self, request: Any, context: Any) -> Any:
        response = pb.PlanResourceChange.Response(
            planned_state=request.proposed_new_state,
            planned_private=request.prior_private,
            legacy_type_system=True,  # both providers are built on the SDK that Terraform grants this leniency
        )
        proposed = decode(request.proposed_new_state)

        def plan() -> None:
            planned, replace = self.provider.plan(
                request.type_name, decode(request.prior_state), proposed, decode(request.config)
            )
            response.planned_state.CopyFrom(encode(planned))
            response.requires_replace.extend(
                pb.AttributePath(steps=[pb.AttributePath.Step(attribute_name=name)]) for name in replace
            )

        if proposed is not None:
            response.diagnostics.extend(_diagnostics(plan))
        return response

    def ApplyResourceChange(self, request: Any, context: Any) -> Any:
        prior, planned = decode(request.prior_state), decode(request.planned_state)
        # A refused change leaves what was there before.
        response = pb.ApplyResourceChange.Response(
            new_state=request.prior_state, private=request.planned_private, legacy_type_system=True
        )

        def apply() -> None:
            name = request.type_name
            if planned is None:
                self.provider.delete(name, prior)
                response.new_state.CopyFrom(encode(None))
                return
            try:
                new = (
                    self.provider.create(name, planned) if prior is None else self.provider.update(name, prior, planned)
                )
            except Interrupted as interrupted:
                if interrupted.made is not None:
                    response.new_state.CopyFrom(encode(conform(self._resource(name), interrupted.made)))
                raise
            response.new_state.CopyFrom(encode(conform(self._resource(name), new)))

        response.diagnostics.extend(_diagnostics(apply))
        return response

    def ReadResource(self, request: Any, context: Any) -> Any:
        response = pb.ReadResource.Response(new_state=request.current_state, private=request.private)

        def read() -> None:
            found = self.provider.read(request.type_name, decode(request.current_state))
            response.new_state.CopyFrom(
                encode(None if found is None else conform(self._resource(request.type_name), found))
            )

        response.diagnostics.extend(_diagnostics(read))
        return response

    def ImportResourceState(self, request: Any, context: Any) -> Any:
        response = pb.ImportResourceState.Response()

        def find() -> None:
            found = conform(self._resource(request.type_name), self.provider.find(request.type_name, request.id))
            response.imported_resources.append(
                pb.ImportResourceState.ImportedResource(type_name=request.type_name, state=encode(found))
            )

        response.diagnostics.extend(_diagnostics(find))
        return response

    def ReadDataSource(self, request: Any, context: Any) -> Any:
        response = pb.ReadDataSource.Response(state=request.config)

        def read() -> None:
            config = decode(request.config)
            found = config | self.provider.look_up(request.type_name, config)
            block = self.schemas["data_source_schemas"][request.type_name]["block"]
            response.state.CopyFrom(encode(conform(block, found)))

        response.diagnostics.extend(_diagnostics(read))
        return response

    def GetFunctions(self, request: Any, context: Any) -> Any:
        return pb.GetFunctions.Response()

    def StopProvider(self, request: Any, context: Any) -> Any:
        self.provider.stop()
        return pb.StopProvider.Response()


class _Controller(controller_rpc.GRPCControllerServicer):  # type: ignore[misc]  # the generated code has no types
    """The other half of the handshake: Terraform tells the plugin process to end."""

    def __init__(self, over: threading.Event) -> None:
        self.over = over

    def Shutdown(self, request: Any, context: Any) -> Any:
        self.over.set()
        return controller_pb.Empty()


class _Stdio(stdio_rpc.GRPCStdioServicer):  # type: ignore[misc]  # the generated code has no types
    """Terraform wants to be offered the plugin's output; there is none."""

    def StreamStdio(self, request: Any, context: Any) -> Any:
        return iter(())


def _identity(folder: Path) -> dict[str, str]:
    """The certificate that Terraform learns from the handshake, with its key; made once, since importing X.509 takes long."""
    file = folder / "plugin.json"
    if not file.exists():
        from tests.sandbox.metadata import plugin_pair

        part = file.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps(plugin_pair()), "utf-8")
        part.replace(file)
    result: dict[str, str] = json.loads(file.read_text("utf-8"))
    return result


def serve(schemas: Mapping[str, Any], provider: Provider, folder: Path) -> None:
    """Be a plugin: shake hands on standard output and answer until Terraform says so, or is gone.

    Args:
        schemas: one provider's part of `terraform providers schema -json`.
        provider: what stands behind it.
        folder: where the plugin keeps its certificate.
    """
    # An interrupt in a terminal reaches the whole process group; it is Terraform's to handle.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    over = threading.Event()
    server = _server(schemas, provider, over)
    identity = _identity(folder)
    key, certificate = identity["key"].encode(), identity["certificate"].encode()
    with tempfile.TemporaryDirectory() as place:
        socket = f"{place}/plugin.sock"
        server.add_secure_port(f"unix://{socket}", grpc.ssl_server_credentials([(key, certificate)]))
        server.start()
        # core protocol | plugin protocol | network | address | transport | certificate
        print(f"1|6|unix|{socket}|grpc|{identity['der']}", flush=True)
        terraform = os.getppid()
        while not over.wait(0.2):
            if os.getppid() != terraform:  # killed, and with it whoever would have said so
                break
        server.stop(grace=1).wait()
    os._exit(0)  # nothing to tidy up, and Terraform waits for the exit


@contextmanager
def attached(providers: Mapping[str, tuple[Mapping[str, Any], Provider]]) -> Iterator[str]:
    """Serve providers from threads of this process, for Terraform commands that last no longer than the context.

    Terraform starts a plugin three times for a plan, and Python takes its time to start. This is how provider developers debug:
    https://developer.hashicorp.com/terraform/plugin/debugging#terraform-cli-development-overrides

    Args:
        providers: schema and provider by full address, such as `registry.terraform.io/okta/okta`.

    Yields:
        What the environment variable `TF_REATTACH_PROVIDERS` is to hold. `terraform init` must run without it.
    """
    servers, attachments = [], {}
    with tempfile.TemporaryDirectory() as place:
        for number, (address, (schemas, provider)) in enumerate(providers.items()):
            server = _server(schemas, provider, threading.Event())
            socket = f"{place}/{number}.sock"
            server.add_insecure_port(f"unix://{socket}")
            server.start()
            servers.append(server)
            attachments[address] = {
                "Protocol": "grpc",
                "ProtocolVersion": 6,
                "Pid": os.getpid(),
                "Test": True,  # the process is not Terraform's to end
                "Addr": {"Network": "unix", "String": socket},
            }
        try:
            yield json.dumps(attachments)
        finally:
            for stopped in [server.stop(grace=None) for server in servers]:
                stopped.wait()


def _server(schemas: Mapping[str, Any], provider: Provider, over: threading.Event) -> grpc.Server:
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=16), options=[("grpc.max_receive_message_length", 64 * 1024 * 1024)]
    )
    rpc.add_ProviderServicer_to_server(Servicer(schemas, provider), server)
    controller_rpc.add_GRPCControllerServicer_to_server(_Controller(over), server)
    stdio_rpc.add_GRPCStdioServicer_to_server(_Stdio(), server)
    return server
