import DockerModel
import Fault
import JSON
import NIOCore
import NIOHTTP1
import Wire

/// `/containers/{id}/archive`: what `docker cp` uses. The file's facts travel in a header, as base64 JSON.
enum Archives {
    private static func path(_ call: Call) throws(Fault) -> String {
        guard let path = call.text("path") else { throw Fault(.invalid, "bad parameter: path cannot be empty") }
        return path
    }

    private static func header(_ stat: JSON) -> (String, String) {
        ("X-Docker-Container-Path-Stat", encodeBase64(stat.bytes()))
    }

    @Sendable static func stat(_ call: Call) async throws {
        let (name, value) = header(try await call.backend.statPath(call.subject, path: try path(call)))
        var headers = call.headers
        headers.replaceOrAdd(name: name, value: value)
        try await call.responder.send(.ok, headers, .init())
    }

    @Sendable static func get(_ call: Call) async throws {
        let (stat, tar) = try await call.backend.getArchive(call.subject, path: try path(call))
        try await call.stream(tar, type: "application/x-tar", headers: [header(stat)])
    }

    @Sendable static func put(_ call: Call) async throws {
        try await call.backend.putArchive(
            call.subject, path: try path(call), noOverwriteDirNonDir: call.flag("noOverwriteDirNonDir"),
            copyUIDGID: call.flag("copyUIDGID"), tar: call.bodySource)
        try await call.answer(.ok)
    }
}
