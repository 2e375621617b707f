import DockerModel
import Fault
import JSON
import NIOCore
import NIOHTTP1
import Wire

/// `/exec/…` (Engine API, "Exec").
enum Execs {
    @Sendable static func create(_ call: Call) async throws {
        try await call.answer(.created, try await call.backend.createExec(call.subject, body: try await call.object()))
    }

    @Sendable static func start(_ call: Call) async throws {
        let body = try await call.object()
        let attachment: Attachment?
        do {
            attachment = try await call.backend.startExec(call.subject, body: body)
        } catch let fault as Fault
            where fault.kind != .notFound && fault.kind != .conflict && body["Detach"].bool != true
        {
            // A program that can't be run: dockerd tells it in the stream, and clients then ask for the exit code.
            return try await tell(fault, isTerminal: body["Tty"].bool == true, call)
        }
        guard let attachment else { return try await call.answer(.ok) }
        // What the exec was created without is not attached; closing it again is harmless.
        try await call.attach(attachment, input: true)
    }

    private static func tell(_ fault: Fault, isTerminal: Bool, _ call: Call) async throws {
        let raw = try await call.responder.hijack(contentType: call.streamType(isTerminal: isTerminal))
        let chunk = OutputChunk(.stdout, ByteBuffer(string: fault.message + "\r\n"))
        try await raw.write(framed(chunk, isTerminal: isTerminal))
    }

    @Sendable static func resize(_ call: Call) async throws {
        let (height, width) = try call.windowSize()
        try await call.backend.resizeExec(call.subject, height: height, width: width)
        try await call.answer(.ok)
    }

    @Sendable static func inspect(_ call: Call) async throws {
        try await call.answer(try await call.backend.inspectExec(call.subject))
    }
}
