import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1

/// What proxies need: requests and answers carried on as they come.
extension HTTPHeaders {
    /// RFC 9110, 7.6.1: of one connection only.
    private static let ofConnection: Set<String> = [
        "connection", "proxy-connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer",
        "transfer-encoding", "upgrade",
    ]

    /// Those that pass a proxy: all but the ones of the connection.
    package var endToEnd: HTTPHeaders {
        let named = Set(self[canonicalForm: "connection"].map { $0.lowercased() })
        return HTTPHeaders(
            filter {
                let name = $0.name.lowercased()
                return !Self.ofConnection.contains(name) && !named.contains(name)
            }.map { ($0.name, $0.value) })
    }
}

extension HTTPRequest {
    /// The body for another server: of known length, in chunks, or none.
    package func bodyToSend() async throws -> HTTPBodyToSend {
        if let length = headers.first(name: "content-length").flatMap({ Int($0) }) {
            return length == 0 ? .none : .sized(length, nextBodyPart)
        }
        guard let first = try await nextBodyPart() else { return .none }
        let head = NIOLockedValueBox<ByteBuffer?>(first)
        let rest = nextBodyPart
        return .stream {
            let first = head.withLockedValue { head in
                defer { head = nil }
                return head
            }
            if let first { return first }
            return try await rest()
        }
    }
}

extension HTTPAnswer {
    /// Hands the answer on under these headers, part by part, for as long as the client is there.
    package func carry(to responder: any HTTPResponder, headers: HTTPHeaders) async {
        await whileWanted(by: responder) {
            try await responder.head(status, headers)
            while let part = try await nextBodyPart() { try await responder.write(part) }
            try await responder.end()
        }
    }

    /// Whoever leaves early, the client or the server, ends the other side too.
    package func whileWanted(by responder: any HTTPResponder, _ work: @escaping @Sendable () async throws -> Void) async
    {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                do {
                    try await work()
                    return true
                } catch { return false }
            }
            group.addTask {
                await responder.closed()
                return false
            }
            if await group.next() != true { cancel() }
            group.cancelAll()
        }
    }
}

extension RawConnection {
    /// Carries bytes both ways until either side ends.
    package func join(_ other: any RawConnection) async {
        await withTaskGroup(of: Void.self) { group in
            let pairs: [(any RawConnection, any RawConnection)] = [(self, other), (other, self)]
            for (from, to) in pairs {
                group.addTask { while let bytes = try? await from.read(), (try? await to.write(bytes)) != nil {} }
            }
            await group.next()
            await close()
            await other.close()
            group.cancelAll()
        }
    }
}
