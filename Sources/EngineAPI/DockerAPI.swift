import DockerModel
import Fault
import JSON
import Logging
import NIOCore
import NIOHTTP1
import Wire

/// The Docker Engine API over a backend: what an `HTTPServer` runs for each request.
package struct DockerAPI: Sendable {
    private let backend: any Backend
    private let builder: any BuildBackend
    private let buildKit: BuildKitDoor?
    private let log: Logger
    private let headers: HTTPHeaders

    /// - Parameter serverVersion: for the `Server` header.
    package init(
        backend: any Backend, builder: any BuildBackend, buildKit: BuildKitDoor? = nil, serverVersion: String,
        log: Logger
    ) {
        self.buildKit = buildKit
        self.backend = backend
        self.builder = builder
        self.log = log
        headers = [
            "Api-Version": APIVersion.newest.description, "Docker-Experimental": "false", "Ostype": "linux",
            "Server": "Hakobune/\(serverVersion) (linux)",
        ]
    }

    package func handle(_ request: HTTPRequest, _ responder: any HTTPResponder) async {
        log.debug("request", metadata: ["method": "\(request.method)", "path": "\(request.path)"])
        var call = Call(
            request: request, responder: responder, backend: backend, builder: builder, buildKit: buildKit,
            version: .newest,
            subject: "", headers: headers, log: log)
        do {
            if let problem = request.queryProblem { throw Fault(.invalid, problem) }
            guard let path = RequestTarget.decode(request.path) else {
                throw Fault(.invalid, "malformed path: \(request.path)")
            }
            let (version, rest) = try APIVersion.split(path)
            let segments = rest.split(separator: "/")
            for route in routes where route.method == request.method {
                guard let subject = route.match(segments) else { continue }
                call = Call(
                    request: request, responder: responder, backend: backend, builder: builder, buildKit: buildKit,
                    version: version, subject: subject, headers: headers, log: log)
                return try await route.handle(call)
            }
            throw Fault(.notFound, "page not found")
        } catch {
            await report(error, call)
        }
    }

    /// An error that comes after the head can only break the answer off, which closing without its end does.
    private func report(_ error: any Error, _ call: Call) async {
        let path = call.request.path
        if HTTPResponseStatus(error) == .internalServerError, !Self.meansGone(error) {
            log.error("request failed", metadata: ["path": "\(path)", "error": "\(sentence(error))"])
        } else {
            log.debug("request refused", metadata: ["path": "\(path)", "error": "\(sentence(error))"])
        }
        guard !call.responder.hasBegun else { return }
        try? await call.answer(failure: error)
    }

    /// Whether the client went in the middle: everyday, and nobody's fault.
    private static func meansGone(_ error: any Error) -> Bool {
        error is CancellationError || error is ChannelError || error is IOError
    }
}
