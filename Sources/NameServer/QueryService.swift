import NIOCore
import Wire

/// From a query's bytes to an answer's, whichever way they came.
package final class QueryService: Sendable {
    enum Limit {
        /// The longest datagram that is sent, whatever the client would take, in bytes.
        static let datagram = 4_096
        /// What this server takes in one datagram, in bytes: what passes every link whole (DNS flag day 2020).
        static let offered: UInt16 = 1_232
    }

    enum Way { case datagram, stream }

    private let answers: any Answering
    private let forwarder: Forwarder

    package init(_ answers: any Answering, _ forwarder: Forwarder) {
        self.answers = answers
        self.forwarder = forwarder
    }

    /// Calls `reply` once, on `loop`, at once when the answer is known here; never for what is no query.
    func take(_ bytes: [UInt8], _ way: Way, on loop: any EventLoop, reply: @escaping @Sendable ([UInt8]) -> Void) {
        guard let query = try? DNSMessage(parsing: bytes) else {
            if let refusal = Self.malformed(bytes) { reply(refusal) }
            return
        }
        let limit = way == .stream ? DNSMessage.Limit.message : min(Limit.datagram, query.datagramBytes)
        let failure = query.reply(.failure)
        switch answers.outcome(of: query) {
        case .silence: return
        case .answer(let answer): reply(Self.bytes(answer, limit, or: failure))
        case .forward:
            forwarder.ask(query, bytes, on: loop).whenComplete { result in
                switch result {
                case .success(let answer): reply(answer.count <= limit ? answer : Self.truncated(query, answer))
                case .failure: reply(Self.bytes(failure, limit, or: failure))
                }
            }
        case .follow(let answer, let question):
            follow(answer, question, on: loop) { reply(Self.bytes($0, limit, or: failure)) }
        }
    }

    /// Adds what others know of the alias's end; without them the alias alone is the answer.
    private func follow(
        _ answer: DNSMessage, _ question: DNSQuestion, on loop: any EventLoop,
        _ reply: @escaping @Sendable (DNSMessage) -> Void
    ) {
        let query = DNSMessage(
            id: answer.id, question, extended: DNSExtension(datagramBytes: Limit.offered))
        guard let bytes = try? query.bytes() else { return reply(answer) }
        forwarder.ask(query, bytes, on: loop).whenComplete { result in
            guard case .success(let bytes) = result, let more = try? DNSMessage(parsing: bytes) else {
                return reply(answer)
            }
            var whole = answer
            whole.answers += more.answers
            reply(whole)
        }
    }

    private static func bytes(_ answer: DNSMessage, _ limit: Int, or failure: DNSMessage) -> [UInt8] {
        (try? answer.bytes(limit: limit)) ?? (try? failure.bytes()) ?? []
    }

    /// The other server's answer without its records: the client asks again by a connection.
    private static func truncated(_ query: DNSMessage, _ bytes: [UInt8]) -> [UInt8] {
        guard var answer = try? DNSMessage(parsing: bytes) else { return [] }
        (answer.answers, answer.authorities, answer.additionals) = ([], [], [])
        answer.isTruncated = true
        return (try? answer.bytes()) ?? []
    }

    /// For what has at least a header, and says that it is a query.
    private static func malformed(_ bytes: [UInt8]) -> [UInt8]? {
        guard bytes.count >= 12, bytes[2] & 0x80 == 0 else { return nil }
        var answer = DNSMessage(id: UInt16(bytes[0]) << 8 | UInt16(bytes[1]))
        answer.isResponse = true
        answer.status = .malformed
        return try? answer.bytes()
    }
}
