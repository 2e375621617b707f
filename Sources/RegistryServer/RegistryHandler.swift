import Fault
import Logging
import NIOCore
import NIOHTTP1
import Wire

/// A registry over HTTP (distribution-spec 1.1: pull, push, discovery, management). Sends each request to the file that
/// answers it.
struct RegistryHandler: Sendable {
    let store: RegistryStore
    let uploads: BlobUploads
    let access: RegistryAccess
    let log: Logger

    func handle(_ request: HTTPRequest, _ responder: any HTTPResponder) async {
        do {
            try access.check(request)
            guard let route = try RegistryRoute(request.path) else {
                throw RegistryRefusal(.notFound, .unsupported, "no registry has the path \(request.path.prefix(200))")
            }
            try await answer(route, request, responder)
        } catch {
            if responder.hasBegun { return }
            let refusal = error as? RegistryRefusal ?? Self.explained(error)
            if refusal.status.code >= 500 {
                log.error("a request failed", metadata: ["path": "\(request.path)", "error": "\(error)"])
            }
            var headers = refusal.headers
            headers.add(name: "Content-Type", value: "application/json")
            try? await responder.send(refusal.status, headers, refusal.body)
        }
    }

    /// What went wrong on this side.
    private static func explained(_ error: any Error) -> RegistryRefusal {
        if let problem = error as? HTTPProblem {
            return RegistryRefusal(.init(statusCode: Int(problem.status)), .unknown, problem.description)
        }
        let text = error is Fault ? sentence(error) : "\(error)"
        let isFull = text.contains("No space left on device")
        return RegistryRefusal(isFull ? .insufficientStorage : .internalServerError, .unknown, text)
    }

    private func answer(_ route: RegistryRoute, _ request: HTTPRequest, _ responder: any HTTPResponder) async throws {
        let blobs = BlobAnswers(store: store), manifests = ManifestAnswers(store: store)
        let sending = UploadAnswers(store: store, uploads: uploads), lists = ListAnswers(store: store)
        switch (route, request.method) {
        case (.base, .GET), (.base, .HEAD):
            try await responder.send(
                .ok, ["Content-Type": "application/json", "Docker-Distribution-Api-Version": "registry/2.0"],
                ByteBuffer(string: "{}"))
        case (.catalog, .GET): try await lists.catalog(request, responder)
        case (.tags(let name), .GET): try await lists.tags(name, request, responder)
        case (.referrers(let name, let digest), .GET): try await lists.referrers(name, digest, request, responder)
        case (.manifest(let name, let reference), .GET), (.manifest(let name, let reference), .HEAD):
            try await manifests.get(name, reference, responder)
        case (.manifest(let name, let reference), .PUT): try await manifests.put(name, reference, request, responder)
        case (.manifest(let name, let reference), .DELETE): try await manifests.delete(name, reference, responder)
        case (.blob(let name, let digest), .GET), (.blob(let name, let digest), .HEAD):
            try await blobs.get(name, digest, request, responder)
        case (.blob(let name, let digest), .DELETE): try await blobs.delete(name, digest, responder)
        case (.uploads(let name), .POST): try await sending.begin(name, request, responder)
        case (.upload(let name, let id), .GET): try await sending.state(name, id, responder)
        case (.upload(let name, let id), .PATCH): try await sending.append(name, id, request, responder)
        case (.upload(let name, let id), .PUT): try await sending.complete(name, id, request, responder)
        case (.upload(let name, let id), .DELETE): try await sending.cancel(name, id, responder)
        default:
            throw RegistryRefusal(
                .methodNotAllowed, .unsupported,
                "\(request.method.rawValue) means nothing for \(request.path.prefix(200))")
        }
    }
}
