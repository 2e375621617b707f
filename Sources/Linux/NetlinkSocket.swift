import CLinux

/// What rtnetlink needs of a socket, so that tests see every byte.
package protocol NetlinkSocket: AnyObject, Sendable {
    func send(_ bytes: [UInt8]) throws(KernelError)
    /// One datagram.
    func receive() throws(KernelError) -> [UInt8]
    func close()
}

extension NetlinkSocket {
    /// Sends all requests at once and waits for every acknowledgement. Throws the first refusal; later requests of
    /// the batch may have been carried out.
    func carryOut(_ messages: [NetlinkMessage]) throws(KernelError) {
        if messages.isEmpty { return }
        var datagram: [UInt8] = []
        var waiting: [UInt32: Int] = [:]
        for (position, message) in messages.enumerated() {
            var numbered = message
            numbered.sequence = UInt32(position + 1)
            waiting[numbered.sequence] = position
            datagram += numbered.bytes
        }
        try send(datagram)
        var refusal: KernelError?
        while !waiting.isEmpty {
            for answer in NetlinkAnswer.split(try receive()) {
                guard let code = answer.errorNumber, let position = waiting.removeValue(forKey: answer.sequence)
                else { continue }
                if code != 0, refusal == nil {
                    refusal = KernelError(
                        call: messages[position].call, subject: messages[position].subject, errno: code)
                }
            }
        }
        if let refusal { throw refusal }
    }

    /// Asks for a list and gives each of its messages to `visit`.
    func list(_ message: NetlinkMessage, _ visit: (NetlinkAnswer) -> Void) throws(KernelError) {
        var request = message
        request.sequence = 1
        try send(request.bytes)
        while true {
            for answer in NetlinkAnswer.split(try receive()) {
                if answer.type == Int(NLMSG_DONE) { return }
                if let code = answer.errorNumber {
                    throw KernelError(call: message.call, subject: message.subject, errno: code)
                }
                visit(answer)
            }
        }
    }
}

/// A socket of one of the kernel's families, routing unless another is named. It speaks for the network namespace it was opened in, for good,
/// wherever the thread that uses it is.
package final class KernelNetlinkSocket: NetlinkSocket, Sendable {
    private let descriptor: Int32

    /// Bytes of the receive buffer. The kernel fills at most 32 KiB at a time (netlink_dump in af_netlink.c).
    private static let receiveBytes = 32 << 10
    /// Seconds to wait for an answer; the kernel answers before send(2) returns, so this only ends a bug.
    private static let answerSeconds = 10

    /// In the calling thread's namespace.
    package init(family: Int32 = NETLINK_ROUTE) throws(KernelError) {
        descriptor = try kernel("socket", "AF_NETLINK") {
            socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), family)
        }
        var limit = timeval(tv_sec: Self.answerSeconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { _ = CLinux.close(descriptor) }

    package func close() { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }

    package func send(_ bytes: [UInt8]) throws(KernelError) {
        try kernel("send", "netlink") { CLinux.send(descriptor, bytes, bytes.count, 0) }
    }

    package func receive() throws(KernelError) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: Self.receiveBytes)
        let count = try kernel("recv", "netlink") { recv(descriptor, &buffer, buffer.count, 0) }
        return Array(buffer[..<count])
    }
}

/// A visit to another network namespace: runs on a thread of its own that ends with it, so no thread of a pool is
/// ever left in a foreign namespace.
package enum NetworkNamespace {
    private final class Visit<Value: Sendable> {
        let descriptor: Int32
        let subject: String
        let body: () throws(KernelError) -> Value
        var result: Result<Value, KernelError>?

        init(_ descriptor: Int32, _ subject: String, _ body: @escaping () throws(KernelError) -> Value) {
            self.descriptor = descriptor
            self.subject = subject
            self.body = body
        }

        func run() {
            do throws(KernelError) {
                try kernel("setns", subject) { setns(descriptor, CLONE_NEWNET) }
                result = .success(try body())
            } catch {
                result = .failure(error)
            }
        }
    }

    /// Opens the namespace file, e.g. `/proc/1234/ns/net`; the descriptor keeps the namespace alive while it is open.
    package static func open(_ path: String) throws(KernelError) -> Int32 {
        try kernel("open", path) { hako_open(path, O_RDONLY | O_CLOEXEC, 0) }
    }

    /// Runs `body` inside and waits for it. `subject` names the namespace in errors.
    package static func visit<Value: Sendable>(
        _ descriptor: Int32, subject: String, _ body: @escaping () throws(KernelError) -> Value
    ) throws(KernelError) -> Value {
        let visit = Visit(descriptor, subject, body)
        var thread = pthread_t()
        let runner = Runner { visit.run() }
        let runnerPointer = Unmanaged.passRetained(runner)
        defer { runnerPointer.release() }
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Runner>.fromOpaque(argument).takeUnretainedValue().work()
                return nil
            }, runnerPointer.toOpaque())
        guard code == 0 else { throw KernelError(call: "pthread_create", subject: subject, errno: code) }
        pthread_join(thread, nil)
        guard let result = visit.result else { throw KernelError(call: "setns", subject: subject, errno: EINVAL) }
        return try result.get()
    }

    /// Type-erased, since a C function pointer can't be generic.
    private final class Runner {
        let work: () -> Void
        init(_ work: @escaping () -> Void) { self.work = work }
    }
}
