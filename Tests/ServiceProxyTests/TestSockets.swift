import CLinux
import Glibc
import Linux
import NIOConcurrencyHelpers

/// A server that tells each client who answers and whom it sees: `NAME CLIENT`.
final class TestServer: Sendable {
    private let socket: OwnedDescriptor

    init(_ name: String, in host: TestHost?, port: UInt16) throws {
        socket = OwnedDescriptor(taking: try TestSockets.open(SOCK_STREAM, in: host?.namespace))
        var yes: Int32 = 1
        setsockopt(socket.raw, SOL_SOCKET, SO_REUSEADDR, &yes, 4)
        try TestSockets.with("0.0.0.0", port) { address, length in
            try kernel("bind", name) { bind(socket.raw, address, length) }
        }
        try kernel("listen", name) { listen(socket.raw, 64) }
        let raw = socket.raw
        TestSockets.thread {
            while true {
                var peer = sockaddr_in()
                var length = socklen_t(MemoryLayout<sockaddr_in>.size)
                let client = withUnsafeMutablePointer(to: &peer) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        accept(raw, __SOCKADDR_ARG(__sockaddr__: $0), &length)
                    }
                }
                if client < 0 { return }
                let bytes = withUnsafeBytes(of: &peer.sin_addr) { Array($0) }
                let text = "\(name) \(IPAddress(bytes: bytes).map { "\($0)" } ?? "?")"
                _ = Glibc.send(client, text, text.utf8.count, Int32(MSG_NOSIGNAL))
                close(client)
            }
        }
    }

    /// Ends the thread too.
    func stop() { _ = shutdown(socket.raw, Int32(SHUT_RDWR)) }
}

enum TestSockets {
    static func open(_ type: __socket_type, in namespace: Int32?) throws -> Int32 {
        let make = { () throws(KernelError) -> Int32 in
            try kernel("socket", "test") {
                CLinux.socket(AF_INET, Int32(type.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            }
        }
        return try namespace.map { try NetworkNamespace.visit($0, subject: "test", make) } ?? make()
    }

    static func with(
        _ address: String, _ port: UInt16, _ body: (__CONST_SOCKADDR_ARG, socklen_t) throws -> Void
    ) throws {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        inet_pton(AF_INET, address, &name.sin_addr)
        try withUnsafePointer(to: &name) {
            try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try body(__CONST_SOCKADDR_ARG(__sockaddr__: $0), socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    /// What the server says; "refused" or "silence" when it says nothing.
    static func ask(_ address: String, _ port: UInt16, from host: TestHost? = nil, patience: Int = 1_000) throws
        -> String
    {
        let socket = OwnedDescriptor(taking: try open(SOCK_STREAM, in: host?.namespace))
        var limit = timeval(tv_sec: patience / 1_000, tv_usec: patience % 1_000 * 1_000)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(socket.raw, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        do {
            try with(address, port) { name, length in
                try kernel("connect", address) { connect(socket.raw, name, length) }
            }
        } catch let error as KernelError {
            return error.errno == ECONNREFUSED ? "refused" : "silence"
        }
        var buffer = [UInt8](repeating: 0, count: 200)
        let count = recv(socket.raw, &buffer, buffer.count, 0)
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : "silence"
    }

    static func thread(_ work: @escaping @Sendable () -> Void) {
        final class Work {
            let run: () -> Void
            init(_ run: @escaping () -> Void) { self.run = run }
        }
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(Work(work)).toOpaque())
        pthread_detach(thread)
    }
}

/// A UDP socket of a host.
struct TestDatagrams: Sendable {
    private let socket: OwnedDescriptor
    /// Microseconds to wait for a datagram that may not come.
    private static let patience = 50_000

    init(in host: TestHost, port: UInt16) throws {
        socket = OwnedDescriptor(taking: try TestSockets.open(SOCK_DGRAM, in: host.namespace))
        var limit = timeval(tv_sec: 0, tv_usec: Self.patience)
        setsockopt(socket.raw, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        try TestSockets.with("0.0.0.0", port) { address, length in
            try kernel("bind", "test") { bind(socket.raw, address, length) }
        }
    }

    func send(to address: String, _ port: UInt16) throws {
        try TestSockets.with(address, port) { name, length in _ = sendto(socket.raw, "x", 1, 0, name, length) }
    }

    func receives() -> Bool {
        var byte: UInt8 = 0
        return recv(socket.raw, &byte, 1, 0) == 1
    }
}
