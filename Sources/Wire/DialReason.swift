import Fault
import Glibc
import NIOCore
import NIOPosix

/// Why a request got no answer, in the words of Go's net/http: what the tools of its world show and search for.
package enum DialReason {
    /// - Parameter endpoint: whom the request was for, as `HOST:PORT`.
    package static func text(_ error: any Error, _ endpoint: String) -> String {
        let error = (error as? Fault)?.cause ?? error
        if let failed = error as? NIOConnectionError {
            if failed.dnsAError != nil || failed.dnsAAAAError != nil, failed.connectionErrors.isEmpty {
                return "dial tcp: lookup \(failed.host): no such host"
            }
            if let code = failed.connectionErrors.compactMap({ ($0.error as? IOError)?.errnoCode }).first {
                return "dial tcp \(endpoint): connect: \(lowercased(code))"
            }
            return "dial tcp \(endpoint): i/o timeout"
        }
        if let failed = error as? IOError {
            let step = failed.errnoCode == ECONNRESET || failed.errnoCode == EPIPE ? "read tcp" : "dial tcp"
            let call = step == "read tcp" ? "read" : "connect"
            return "\(step) \(endpoint): \(call): \(lowercased(failed.errnoCode))"
        }
        if let failed = error as? ChannelError, case .connectTimeout = failed {
            return "dial tcp \(endpoint): i/o timeout"
        }
        if error is HTTPClientConnection.ClosedBeforeAnswer { return "EOF" }
        return TLSReason.text(error) ?? sentence(error)
    }

    /// Whether nobody listens there.
    package static func isRefused(_ error: any Error) -> Bool {
        let error = (error as? Fault)?.cause ?? error
        if let failed = error as? NIOConnectionError {
            return failed.connectionErrors.contains { ($0.error as? IOError)?.errnoCode == ECONNREFUSED }
        }
        return (error as? IOError)?.errnoCode == ECONNREFUSED
    }

    /// Go writes the kernel's words in lower case.
    private static func lowercased(_ code: CInt) -> String { errorText(code).lowercased() }
}
