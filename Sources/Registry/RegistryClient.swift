import Fault
import JSON
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import OCI

/// How registries are reached; from daemon.json and the daemon's flags.
package struct RegistryOptions: Sendable {
    /// Tried in order before docker.io itself, e.g. `http://127.0.0.1:5000`.
    package var mirrors: [String] = []
    /// Registries or CIDR blocks that may be spoken to over plain HTTP or unverified TLS; 127.0.0.0/8 and ::1 always are.
    package var insecure: [String] = []
    /// Folders with a folder a registry, with `*.crt`, `*.cert`, `*.key`: ours, and Docker's, which people have.
    package var certificateRoots = ["/etc/hako/certs.d", "/etc/docker/certs.d"]
    package var proxies = ProxyRules.fromEnvironment
    package var retry = RetryPolicy()
    package init() {}
}

/// A manifest as the registry served it, verified against its digest.
package struct FetchedManifest: Sendable {
    package let mediaType: String
    package let digest: Digest
    package let bytes: [UInt8]
}

/// The distribution API (distribution-spec 1.1) of every registry there is, with tokens, mirrors and retries.
///
/// A request goes: the ways to the registry in order (`endpoints`), the first that answers `/v2/` is remembered with
/// its challenge (`route`), a token for the scope is fetched or taken from the cache, the request is sent and, where
/// it is safe, sent again. Errors leave as `Fault`s in dockerd's words; nothing else is thrown but cancellation.
package final class RegistryClient: Sendable {
    let options: RegistryOptions
    let transport: Transport
    let log: Logger
    private let state = NIOLockedValueBox(State())

    private struct State {
        var tokens = TokenCache()
        var routes: [RegistryEndpoint: Route] = [:]
    }

    package init(options: RegistryOptions, log: Logger = Logger(label: "registry")) {
        self.options = options
        self.log = log
        transport = Transport(proxies: options.proxies)
    }

    package func shutdown() async throws { try await transport.shutdown() }

    /// Seconds on a steady clock.
    static var now: Int64 { Int64(NIODeadline.now().uptimeNanoseconds / 1_000_000_000) }
}

/// How a registry wants to be spoken to, learnt from its answer to `/v2/`.
struct Route: Sendable {
    let endpoint: RegistryEndpoint
    let tls: TLSConfiguration?
    var challenges: [Challenge]
    let expires: Int64
}

// MARK: The way to a registry

extension RegistryClient {
    /// Does the work at the first endpoint where it succeeds. A mirror may fail in any way, the registry itself only
    /// by being out of reach. When none succeeds, an answer counts for more than silence.
    func atEndpoints<T>(
        of reference: Reference, mirrors: Bool = true, _ work: (RegistryEndpoint) async throws -> T
    ) async throws -> T {
        var failure: (any Error)?
        for endpoint in try await allEndpoints(of: reference.registry) where mirrors || !endpoint.isMirror {
            do {
                return try await work(endpoint)
            } catch let error as CancellationError {
                throw error
            } catch {
                let tryNext = endpoint.isMirror || error is Unreachable
                if failure == nil || failure is Unreachable || !(error is Unreachable) { failure = error }
                if !tryNext { break }
                log.debug("\(endpoint.base) failed for \(reference): \(error)")
            }
        }
        throw failure ?? Fault(.internalFault, "no way to the registry \(reference.registry) is known")
    }

    private func allEndpoints(of registry: String) async throws -> [RegistryEndpoint] {
        var insecure = false
        if registry != "docker.io" {
            let names = options.insecure
            insecure = try await NIOThreadPool.singleton.runIfActive {
                isInsecure(registry, insecure: names, resolve: IPAddress.resolve)
            }
        }
        let all = try endpoints(for: registry, mirrors: options.mirrors, insecure: insecure)
        guard insecure else { return all }
        // The scheme that has answered goes first, so that plain HTTP isn't preceded by a failed TLS handshake each time.
        let answering = state.withLockedValue { state in
            all.first { state.routes[$0].map { $0.expires > Self.now } ?? false }
        }
        return [answering].compactMap { $0 } + all.filter { $0 != answering }
    }

    private func route(to endpoint: RegistryEndpoint) async throws -> Route {
        let known = state.withLockedValue { $0.routes[endpoint] }
        if let known, known.expires > Self.now { return known }
        return try await freshRoute(to: endpoint)
    }

    func freshRoute(to endpoint: RegistryEndpoint) async throws -> Route {
        let tls = try tlsConfiguration(for: endpoint, roots: options.certificateRoots)
        let answer: Answer
        do {
            answer = try await transport.send(Request(address: endpoint.address("")), tls: tls)
        } catch let error as Unreachable {
            throw error.final
        }
        await answer.discard()
        let route = Route(
            endpoint: endpoint, tls: tls, challenges: Challenge.all(in: answer.headers),
            expires: Self.now + Limit.routeSeconds)
        state.withLockedValue { $0.routes[endpoint] = route }
        return route
    }

    // MARK: Authorization

    /// The `Authorization` value for the scopes; nil when the registry wants none.
    private func authorization(_ route: Route, scopes: [String], _ credentials: Credentials?) async throws -> String? {
        if let token = credentials?.registryToken, !token.isEmpty { return "Bearer \(token)" }
        if let bearer = route.challenges.first(where: { $0.scheme == "bearer" }) {
            return "Bearer \(try await token(bearer, route, scopes: scopes, credentials))"
        }
        guard route.challenges.contains(where: { $0.scheme == "basic" }) else { return nil }
        guard let credentials, !credentials.username.isEmpty else {
            throw Fault(
                .internalFault,
                "Get \"\(route.endpoint.address(""))\": no basic auth credentials: log in first, with 'docker login "
                    + "\(route.endpoint.registry)'")
        }
        return credentials.basic
    }

    private func token(_ challenge: Challenge, _ route: Route, scopes: [String], _ credentials: Credentials?)
        async throws -> String
    {
        let key = tokenKey(challenge, scopes, credentials)
        if let token = state.withLockedValue({ $0.tokens.find(key, now: Self.now) }) { return token }
        let answer = try await fetchToken(challenge, route, scopes: scopes, credentials)
        state.withLockedValue { $0.tokens.keep(answer.token, for: key, life: answer.life, now: Self.now) }
        return answer.token
    }

    func fetchToken(
        _ challenge: Challenge, _ route: Route, scopes: [String], _ credentials: Credentials?, offline: Bool = false
    ) async throws -> TokenAnswer {
        var request = try tokenRequest(challenge, scopes: scopes, credentials, from: route.endpoint)
        if offline, request.method == .GET { request.address = request.address.adding(query: "offline_token", "true") }
        let sent = request
        // The registry's own certificates count for its token server when that has the same name.
        let tls = request.address.host == route.endpoint.base.host ? route.tls : nil
        let answer = try await retrying { try await self.accepted(self.transport.send(sent, tls: tls)) }
        return try TokenAnswer(try await answer.bytes(limit: Limit.answerBytes), realm: "\(request.address.authority)")
    }

    private func tokenKey(_ challenge: Challenge, _ scopes: [String], _ credentials: Credentials?) -> TokenCache.Key {
        TokenCache.Key(
            realm: challenge.parameters["realm"] ?? "", service: challenge.parameters["service"] ?? "", scopes: scopes,
            credentials: credentials)
    }

    // MARK: Requests

    /// Sends one request to the endpoint, authorized; asks for another token when the first is refused. Throws
    /// `RegistryError` for every answer but 2xx and those in `allowing`.
    func send(
        _ request: Request, to endpoint: RegistryEndpoint, scopes: [String], _ credentials: Credentials?,
        allowing: Set<UInt> = []
    ) async throws -> Answer {
        var route = try await route(to: endpoint)
        var request = request
        let own = request.address.sameServer(as: endpoint.base)
        for attempt in 1...2 {
            if own, let value = try await authorization(route, scopes: scopes, credentials) {
                request.headers.replaceOrAdd(name: "authorization", value: value)
            }
            let answer = try await transport.send(request, tls: own ? route.tls : nil)
            guard answer.status == .unauthorized, attempt == 1, own, request.isReplayable else {
                return try await accepted(answer, allowing: allowing)
            }
            let error = await answer.error()
            let challenges = Challenge.all(in: answer.headers)
            guard worthAnother(route, challenges, scopes: scopes, credentials) else { throw error }
            route.challenges = challenges
            let learnt = route
            state.withLockedValue { $0.routes[endpoint] = learnt }
        }
        // Not reached: the loop's second turn returns.
        throw Fault(.internalFault, "\(endpoint.base) went on asking for authorization")
    }

    /// Whether the same request with what the refusal said could succeed: forgets the token that was refused.
    private func worthAnother(_ route: Route, _ challenges: [Challenge], scopes: [String], _ credentials: Credentials?)
        -> Bool
    {
        guard !challenges.isEmpty else { return false }
        guard let bearer = challenges.first(where: { $0.scheme == "bearer" }) else {
            return !route.challenges.contains { $0.scheme == "basic" }
        }
        let key = tokenKey(bearer, scopes, credentials)
        return state.withLockedValue { state in
            // Refused with a fresh token: asking again gives the same. insufficient_scope is final, too.
            let hadToken = state.tokens.find(key, now: Self.now) != nil
            state.tokens.forget(key)
            return bearer.parameters["error"] != "insufficient_scope" || !hadToken
        }
    }

    private func accepted(_ answer: Answer, allowing: Set<UInt> = []) async throws -> Answer {
        if (200...299).contains(answer.status.code) || allowing.contains(answer.status.code) { return answer }
        throw await answer.error()
    }

    /// Does the work again, after a wait, while it fails in ways that pass.
    func retrying<T>(_ work: () async throws -> T) async throws -> T {
        var attempt = 1
        while true {
            do {
                return try await work()
            } catch {
                guard try await waitIfPassing(error, attempt: attempt) else { throw error }
                attempt += 1
            }
        }
    }

    /// True after the wait; false when the error won't pass or the attempts are used up. `waiting` is told the
    /// milliseconds first.
    func waitIfPassing(
        _ error: any Error, attempt: Int, waiting: @Sendable (Int64) -> Void = { _ in }
    ) async throws -> Bool {
        var asks: Int64?
        switch error {
        case let error as RegistryError:
            guard error.isPassing else { return false }
            asks = error.retryAfter
        case let error as Unreachable:
            guard error.mayPass else { return false }
        default: return false
        }
        guard let wait = options.retry.wait(after: attempt, serverAsks: asks, chance: Double.random(in: 0..<1)) else {
            return false
        }
        log.info("trying again in \(wait) ms: \(error)")
        waiting(wait)
        try await Task.sleep(for: .milliseconds(wait))
        return true
    }
}
