import NIOHTTP1
import Wire

/// Who takes the connections over that BuildKit's clients open: gRPC in clear HTTP/2 behind an upgrade.
package struct BuildKitDoor: Sendable {
    /// Throws when a session with these headers can't begin.
    let check: @Sendable (HTTPHeaders) throws -> Void
    /// The client lets itself be called; returns when it is gone.
    let session: @Sendable (any RawConnection, HTTPHeaders) async throws -> Void
    /// The client calls; returns when it is gone.
    let calls: @Sendable (any RawConnection) async throws -> Void

    package init(
        check: @escaping @Sendable (HTTPHeaders) throws -> Void,
        session: @escaping @Sendable (any RawConnection, HTTPHeaders) async throws -> Void,
        calls: @escaping @Sendable (any RawConnection) async throws -> Void
    ) {
        self.check = check
        self.session = session
        self.calls = calls
    }
}
