import DockerModel
import Fault
import JSON
import NIOCore
import NIOHTTP1
import Wire

/// `/_ping`, `/info`, `/version`, `/events`, `/system/df`, `/auth` (Engine API, "System").
enum System {
    @Sendable static func ping(_ call: Call) async throws {
        var headers = call.headersWith("text/plain; charset=utf-8")
        headers.add(name: "Builder-Version", value: call.buildKit == nil ? "1" : "2")
        headers.add(name: "Swarm", value: "inactive")
        headers.add(name: "Cache-Control", value: "no-cache, no-store, must-revalidate")
        headers.add(name: "Pragma", value: "no-cache")
        // To HEAD as well: the length that dockerd tells there is zero.
        let body = call.request.method == .HEAD ? ByteBuffer() : ByteBuffer(string: "OK")
        try await call.responder.send(.ok, headers, body)
    }

    @Sendable static func info(_ call: Call) async throws {
        try await call.answer(call.version.info(try await call.backend.info()))
    }

    @Sendable static func version(_ call: Call) async throws {
        var version = try await call.backend.version()
        version["ApiVersion"] = .string(APIVersion.newest.description)
        version["MinAPIVersion"] = .string(APIVersion.oldest.description)
        try await call.answer(version)
    }

    @Sendable static func events(_ call: Call) async throws {
        let source = try await call.backend.events(
            since: try call.time("since"), until: try call.time("until"), filters: try call.filters())
        try await call.stream(
            JSONSource(
                next: {
                    while let event = try await source.next() { if call.version.shows(event) { return event } }
                    return nil
                }, cancel: source.cancel))
    }

    private static let usageTypes = ["container", "image", "volume", "build-cache"]

    @Sendable static func diskUsage(_ call: Call) async throws {
        let types = call.all("type")
        for type in types where !usageTypes.contains(type) { throw Fault(.invalid, "unknown object type: \(type)") }
        try await call.answer(try await call.backend.diskUsage(types: types))
    }

    @Sendable static func auth(_ call: Call) async throws {
        try await call.answer(try await call.backend.checkRegistryAuth(try await call.object()))
    }
}
