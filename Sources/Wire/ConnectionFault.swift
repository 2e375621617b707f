import Fault
import Glibc
import NIOCore
import NIOPosix
import NIOSSL

extension Endpoint: CustomStringConvertible {
    /// As `DOCKER_HOST` spells it.
    package var description: String {
        switch self {
        case .unix(let path): "unix://\(path)"
        case .tcp(let host, let port): "tcp://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        }
    }
}

extension HTTPClient {
    /// Whether the error says that nobody listens.
    func isAbsence(_ error: any Error) -> Bool {
        guard let code = Self.errorCode(error) else { return false }
        return code == ECONNREFUSED || code == ENOENT
    }

    private static func errorCode(_ error: any Error) -> CInt? {
        if let failure = error as? IOError { return failure.errnoCode }
        if let failure = error as? NIOConnectionError {
            return failure.connectionErrors.compactMap { ($0.error as? IOError)?.errnoCode }.first
        }
        return nil
    }

    /// In the docker client's words.
    func explained(_ error: any Error) -> Fault {
        if let fault = error as? Fault { return fault }
        if error is CancellationError { return Fault(.unavailable, "cancelled", cause: error) }
        switch Self.errorCode(error) {
        case ECONNREFUSED, ENOENT:
            return Fault(
                .unavailable, "Cannot connect to the Docker daemon at \(endpoint). Is the docker daemon running?",
                cause: error)
        case EACCES, EPERM:
            return Fault(
                .unavailable,
                "permission denied while trying to connect to the Docker daemon socket at \(endpoint): "
                    + "use sudo, or become a member of the group that the socket belongs to",
                cause: error)
        case .some(let code):
            return Fault(.unavailable, "error during connect: \(endpoint): \(errorText(code))", cause: error)
        case nil:
            return Fault(
                .unavailable, "error during connect: \(endpoint): \(TLSReason.text(error) ?? "\(error)")", cause: error)
        }
    }
}
