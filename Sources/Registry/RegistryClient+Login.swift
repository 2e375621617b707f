import Fault
import NIOHTTP1
import OCI

extension RegistryClient {
    /// Whether the registry takes the credentials. Gives a token that may be kept in place of the password, when the
    /// registry hands one out. `registry` is a host, or Docker Hub's address in any of its forms.
    package func login(_ registry: String, _ credentials: Credentials) async throws -> String? {
        var name = registry
        for scheme in ["https://", "http://"] where name.hasPrefix(scheme) {
            name = String(name.dropFirst(scheme.count))
        }
        name = String(name.prefix { $0 != "/" })
        if ["", "index.docker.io", "registry-1.docker.io"].contains(name) { name = Reference.defaultRegistry }
        let reference = Reference(registry: name, repository: "")
        do {
            return try await atEndpoints(of: reference, mirrors: false) { endpoint in
                do {
                    return try await self.login(endpoint, credentials)
                } catch let error as RegistryError where error.status == 401 {
                    throw Fault(.unauthorized, "Get \"\(endpoint.address(""))\": \(error)", cause: error)
                }
            }
        } catch let error as RegistryError {
            throw error.plainFault(reference)
        } catch let error as Unreachable {
            throw error.fault(name)
        }
    }

    private func login(_ endpoint: RegistryEndpoint, _ credentials: Credentials) async throws -> String? {
        let route = try await freshRoute(to: endpoint)
        var refreshToken: String?
        var request = Request(address: endpoint.address(""))
        if let bearer = route.challenges.first(where: { $0.scheme == "bearer" }) {
            let answer = try await fetchToken(bearer, route, scopes: [], credentials, offline: true)
            refreshToken = answer.refreshToken
            request.headers.add(name: "authorization", value: "Bearer \(answer.token)")
        } else {
            request.headers.add(name: "authorization", value: credentials.basic)
        }
        let answer = try await transport.send(request, tls: route.tls)
        await answer.discard()
        guard answer.status == .ok else {
            throw Fault(
                .unauthorized,
                "login attempt to \(request.address) failed with status: \(answer.status.code) \(answer.status.reasonPhrase)"
            )
        }
        return refreshToken
    }
}
