import AsyncHTTPClient
import Fault
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// A registry that gave no HTTP answer: not there, not reachable, not trusted. The cause of the `Fault` that people
/// see, so that a caller can tell it from a registry that said no.
package struct Unreachable: Error, CustomStringConvertible {
    /// What went wrong, in the words of dockerd's network errors.
    package let reason: String
    /// Worth another attempt at once: a broken connection, not a name that doesn't exist or a certificate that's wrong.
    let mayPass: Bool
    package var description: String { reason }

    init(reason: String, mayPass: Bool = true) {
        self.reason = reason
        self.mayPass = mayPass && !["no such host", "x509:", "tls:", "HTTPS client"].contains { reason.contains($0) }
    }

    /// The same as the end of the matter: nothing has answered there yet, so nothing says that it would later.
    var final: Unreachable { Unreachable(reason: reason, mayPass: false) }

    /// The sentence for people: what failed, and what to do about it.
    func fault(_ registry: String) -> Fault {
        let advice =
            reason.contains("x509:")
            ? "put the authority that signed it at /etc/hako/certs.d/\(registry)/ca.crt, or list the registry in "
                + "insecure-registries"
            : registry == "docker.io"
                ? "check the network, set HTTPS_PROXY, or name a mirror with --registry-mirror"
                : "check its name, that it runs, and the network"
        return Fault(.unavailable, "\(reason) (can't reach the registry \(registry): \(advice))", cause: self)
    }
}

/// What a failed exchange is to the rest of the client: cancellation stays itself, all else is `Unreachable` in the
/// words of Go's net/http, which people know from dockerd.
func unreachable(_ error: any Error, _ method: HTTPMethod, _ address: WebAddress) -> any Error {
    if error is CancellationError || error is RegistryError || error is Unreachable || error is Fault { return error }
    if let error = error as? HTTPClientError, error == .cancelled { return CancellationError() }
    let verb = method.rawValue.prefix(1) + method.rawValue.dropFirst().lowercased()
    return Unreachable(reason: "\(verb) \"\(address)\": \(networkWords(error, address))")
}

private func networkWords(_ error: any Error, _ address: WebAddress) -> String {
    let place = Authority(host: address.host, port: address.effectivePort)
    switch error {
    case let error as NIOConnectionError:
        guard let first = error.connectionErrors.first else {
            return "dial tcp: lookup \(address.host): no such host"
        }
        let target = first.target.ipAddress.map { "\(Authority(host: $0, port: first.target.port))" } ?? "\(place)"
        return "dial tcp \(target): \(connectWords(first.error))"
    case let error as IOError: return "dial tcp \(place): \(connectWords(error))"
    case let error as SocketAddressError where "\(error)".contains("unknown"):
        return "dial tcp: lookup \(address.host): no such host"
    case let error as NIOSSLError: return tlsWords("\(error)")
    case let error as BoringSSLError: return tlsWords("\(error)")
    case let error as NIOSSLExtraError: return tlsWords("\(error)")
    case let error as HTTPClientError:
        switch error {
        case .connectTimeout: return "dial tcp \(place): i/o timeout"
        case .tlsHandshakeTimeout: return "net/http: TLS handshake timeout"
        case .readTimeout: return "no data for \(Limit.idleTime.nanoseconds / 1_000_000_000) s: i/o timeout"
        case .deadlineExceeded: return "context deadline exceeded"
        case .remoteConnectionClosed: return "EOF"
        case .proxyAuthenticationRequired: return "Proxy Authentication Required"
        default: return error.shortDescription
        }
    case is ChannelError: return "dial tcp \(place): i/o timeout"
    default: return "\(error)"
    }
}

private func connectWords(_ error: any Error) -> String {
    guard let error = error as? IOError else { return error is ChannelError ? "i/o timeout" : "\(error)" }
    let text = String(cString: strerror(error.errnoCode))
    return "connect: \(text.prefix(1).lowercased())\(text.dropFirst())"
}

private func tlsWords(_ text: String) -> String {
    if text.contains("CERTIFICATE_VERIFY_FAILED") || text.contains("unableToValidateCertificate") {
        return "tls: failed to verify certificate: x509: certificate signed by unknown authority"
    }
    if text.contains("failedToMatchHostname") || text.contains("Hostname") || text.contains("couldn't find") {
        return "tls: failed to verify certificate: x509: certificate is not valid for this name"
    }
    if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") {
        return "http: server gave HTTP response to HTTPS client"
    }
    return "tls: \(text)"
}
