import Fault
import JSON
import NIOHTTP1
import OCI

extension RegistryClient {
    private static let hub = RegistryEndpoint(
        base: WebAddress(scheme: "https", authority: Authority(host: "index.docker.io", port: nil)),
        certificateName: "index.docker.io", registry: Reference.defaultRegistry)

    /// Repositories whose name or description holds the term, as the registry's index (`/v1/search`) lists them:
    /// Docker Hub has one, and few others. Throws `invalid` for a limit outside 1...100, `internalFault` in Docker's
    /// words for an index that answers otherwise.
    package func search(_ term: String, registry: String, limit: Int, _ credentials: Credentials?) async throws
        -> [JSON]
    {
        guard (1...100).contains(limit) else {
            throw Fault(.invalid, "limit \(limit) is outside the range of [1, 100]")
        }
        do {
            if registry == Reference.defaultRegistry { return try await search(term, at: Self.hub, limit, credentials) }
            let reference = Reference(registry: registry, repository: "")
            return try await atEndpoints(of: reference, mirrors: false) { endpoint in
                try await self.search(term, at: endpoint, limit, credentials)
            }
        } catch let error as Unreachable {
            throw error.fault(registry)
        }
    }

    private func search(_ term: String, at endpoint: RegistryEndpoint, _ limit: Int, _ credentials: Credentials?)
        async throws -> [JSON]
    {
        var address = endpoint.base
        address.target = "/v1/search"
        var request = Request(address: address.adding(query: "q", term).adding(query: "n", "\(limit)"))
        if let credentials, !credentials.username.isEmpty {
            request.headers.add(name: "authorization", value: credentials.basic)
        }
        let sent = request, tls = try tlsConfiguration(for: endpoint, roots: options.certificateRoots)
        let answer = try await transport.send(sent, tls: tls)
        guard answer.status == .ok else {
            await answer.discard()
            throw Fault(.internalFault, "Unexpected status code \(answer.status.code)")
        }
        let document: JSON
        do { document = try JSON(parsing: try await answer.bytes(limit: Limit.answerBytes)) } catch {
            throw Fault(.internalFault, "error decoding registry search results: \(error)", cause: error)
        }
        return document["results"].array ?? []
    }
}
