import CLinux

/// One client: what it sent and hasn't been answered, what it hasn't taken yet.
private struct Connection {
    var peer: Peer
    var input: [UInt8] = []
    var output: [UInt8] = []
    var sent = 0
    var closesAfterOutput = false
    var awaitsWritable = false
    /// "100 Continue" was sent for the request that is coming in.
    var wasTold = false
}

/// An HTTP server on one port: a single epoll loop, no thread, nothing at rest.
struct Server {
    /// Connections at once; a client beyond them waits in the kernel's queue.
    private static let connectionLimit = 4096
    private let epoll: Int32
    private let listener: Int32
    private let port: Int
    private var connections: [Int32: Connection] = [:]

    /// Nil when the port can't be had; the reason is in errno.
    init?(port: Int) {
        self.port = port
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        var socket = hako_socket_stream(AF_INET6)
        if socket < 0 { socket = hako_socket_stream(AF_INET) }
        listener = socket
        guard epoll >= 0, listener >= 0, hako_listen(listener, UInt16(port), 512) == 0 else { return nil }
        watch(listener, Int32(EPOLL_CTL_ADD), writable: false)
    }

    /// Watches for input, or, while the client doesn't take what it was sent, for that alone.
    private func watch(_ descriptor: Int32, _ operation: Int32, writable: Bool) {
        var event = epoll_event()
        event.events = writable ? UInt32(EPOLLOUT.rawValue) : UInt32(EPOLLIN.rawValue)
        event.data.fd = descriptor
        epoll_ctl(epoll, operation, descriptor, &event)
    }

    mutating func run() -> Never {
        let capacity = 64
        let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: capacity)
        while true {
            let count = epoll_wait(epoll, events, Int32(capacity), -1)
            guard count > 0 else { continue }
            for at in 0..<Int(count) {
                let descriptor = events[at].data.fd
                if descriptor == listener {
                    accept()
                } else {
                    serve(descriptor)
                }
            }
        }
    }

    private mutating func accept() {
        while connections.count < Self.connectionLimit {
            var text = (0..<64).map { _ in CChar(0) }
            let client = hako_accept(listener, &text, UInt(text.count))
            guard client >= 0 else { return }
            let address = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            connections[client] = Connection(peer: Peer(address: address, port: port))
            watch(client, Int32(EPOLL_CTL_ADD), writable: false)
        }
    }

    private mutating func serve(_ client: Int32) {
        guard var connection = connections[client] else { return }
        var isOpen = flush(client, &connection)
        if isOpen, !connection.awaitsWritable { isOpen = receive(client, &connection) }
        answering: while isOpen, !connection.awaitsWritable, !connection.closesAfterOutput, !connection.input.isEmpty {
            switch parse(connection.input) {
            case .incomplete(let expects100):
                if expects100, !connection.wasTold {
                    connection.wasTold = true
                    connection.output.add("HTTP/1.1 100 Continue\r\n\r\n")
                }
                break answering
            case .request(let request, let length):
                connection.input.removeFirst(length)
                connection.wasTold = false
                connection.closesAfterOutput = !request.keepsAlive
                connection.output += answer(
                    "200 OK", page(for: request, connection.peer), keepAlive: request.keepsAlive,
                    withoutBody: equal(request.method, "HEAD"))
            case .refused(let status):
                connection.closesAfterOutput = true
                connection.output += answer(status, [], keepAlive: false)
            }
        }
        isOpen = flush(client, &connection) && isOpen
        connections[client] = connection
        if !isOpen { close(client, connection) }
    }

    /// False when the client has gone.
    private func receive(_ client: Int32, _ connection: inout Connection) -> Bool {
        let size = 16 << 10
        return withUnsafeTemporaryAllocation(byteCount: size, alignment: 1) { buffer in
            while connection.input.count <= Limit.head + Limit.body,
                connection.output.count - connection.sent < Limit.body
            {
                let count = read(client, buffer.baseAddress, size)
                if count > 0 {
                    connection.input.append(contentsOf: buffer.prefix(count))
                    if count < size { return true }
                } else if count == 0 {
                    return false
                } else {
                    return hako_errno() == EAGAIN
                }
            }
            return true
        }
    }

    /// False when the connection is at its end.
    private func flush(_ client: Int32, _ connection: inout Connection) -> Bool {
        while connection.sent < connection.output.count {
            let count = connection.output.withUnsafeBytes { bytes in
                send(
                    client, bytes.baseAddress?.advanced(by: connection.sent), bytes.count - connection.sent,
                    Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else {
                guard hako_errno() == EAGAIN else { return false }
                if !connection.awaitsWritable { watch(client, Int32(EPOLL_CTL_MOD), writable: true) }
                connection.awaitsWritable = true
                return true
            }
            connection.sent += count
        }
        connection.output = []
        connection.sent = 0
        if connection.awaitsWritable { watch(client, Int32(EPOLL_CTL_MOD), writable: false) }
        connection.awaitsWritable = false
        return !connection.closesAfterOutput
    }

    private mutating func close(_ client: Int32, _ connection: Connection) {
        connections[client] = nil
        _ = CLinux.close(client)
    }
}
