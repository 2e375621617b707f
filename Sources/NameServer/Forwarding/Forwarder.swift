import Linux
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Wire

/// Asks other servers, one after the other, until one answers; what may be kept is asked once. Each question has a port and a number of its own, so
/// that nobody can guess what an answer must look like.
package final class Forwarder: Sendable {
    enum Limit {
        /// Questions that wait for other servers at once; more are answered with a failure.
        static let outstanding = 1_000
        /// For one server's answer, and for all of them: clients give up after five seconds (resolv.conf(5), timeout).
        static let oneServer = TimeAmount.milliseconds(1_500), all = Duration.milliseconds(4_500)
        /// How often each server is asked.
        static let rounds = 2
    }

    /// What an answer must repeat.
    struct Ticket: Hashable {
        let id: UInt16
        let question: DNSQuestion
    }

    struct NoServer: Error {}
    /// As many wait as may, or the question is one that this server has asked itself.
    struct Refused: Error {}

    private let upstreams: Upstreams
    private let port: Int
    private let tickets = NIOLockedValueBox<Set<Ticket>>([])
    private let waiting = NIOLockedValueBox(0)
    private let cache = NIOLockedValueBox(AnswerCache())

    /// - Parameter port: 53 but in tests.
    package init(_ upstreams: Upstreams, port: Int = 53) {
        self.upstreams = upstreams
        self.port = port
    }

    /// - Parameter query: a whole message with one question.
    /// - Returns: a whole message with the query's number. Fails when no server gives one.
    func ask(_ query: DNSMessage, _ bytes: [UInt8], on loop: any EventLoop) -> EventLoopFuture<[UInt8]> {
        guard let question = query.questions.first, bytes.count >= 12 else { return loop.makeFailedFuture(Refused()) }
        if let kept = cache.withLockedValue({ $0.answer(to: query, at: .now) }), let bytes = try? kept.bytes() {
            return loop.makeSucceededFuture(bytes)
        }
        // Some server that we ask has asked us.
        let isOurs = tickets.withLockedValue { $0.contains(Ticket(id: query.id, question: question)) }
        let isTaken =
            !isOurs
            && waiting.withLockedValue { waiting in
                guard waiting < Limit.outstanding else { return false }
                waiting += 1
                return true
            }
        guard isTaken else { return loop.makeFailedFuture(Refused()) }
        let servers = upstreams.servers()
        let attempts = (0..<Limit.rounds).flatMap { _ in servers }
        let answer = attempt(
            attempts[...], question, bytes, until: .now + Limit.all, best: nil, on: loop)
        return answer.map { [cache] answer in
            if let message = try? DNSMessage(parsing: answer) {
                cache.withLockedValue { $0.keep(message, to: query, at: .now) }
            }
            return Self.numbered(answer, query.id)
        }.always { [waiting] _ in waiting.withLockedValue { $0 -= 1 } }
    }

    private static func numbered(_ bytes: [UInt8], _ id: UInt16) -> [UInt8] {
        [UInt8(id >> 8), UInt8(id & 0xff)] + bytes.dropFirst(2)
    }

    /// - Parameter best: an answer of a server that couldn't help, for when none can.
    private func attempt(
        _ servers: ArraySlice<IPAddress>, _ question: DNSQuestion, _ bytes: [UInt8],
        until end: ContinuousClock.Instant, best: [UInt8]?, on loop: any EventLoop
    ) -> EventLoopFuture<[UInt8]> {
        guard let server = servers.first, ContinuousClock.now < end else {
            return best.map { loop.makeSucceededFuture($0) } ?? loop.makeFailedFuture(NoServer())
        }
        return ask(server, question, bytes, on: loop).flatMap { [self] answer in
            upstreams.answered(server)
            let status = DNSStatus(rawValue: UInt16(answer[3] & 0xf))
            guard [.failure, .refused, .notImplemented].contains(status) else {
                return loop.makeSucceededFuture(answer)
            }
            // Asking this one again wouldn't help.
            let others = servers.dropFirst().filter { $0 != server }
            return attempt(others[...], question, bytes, until: end, best: best ?? answer, on: loop)
        }.flatMapError { [self] error in
            if error is NoServer { return loop.makeFailedFuture(error) }
            upstreams.failed(server)
            return attempt(servers.dropFirst(), question, bytes, until: end, best: best, on: loop)
        }
    }

    /// By a datagram; by a connection when the answer is too long for one.
    private func ask(_ server: IPAddress, _ question: DNSQuestion, _ bytes: [UInt8], on loop: any EventLoop)
        -> EventLoopFuture<[UInt8]>
    {
        let ticket = Ticket(id: UInt16.random(in: 0 ... .max), question: question)
        let numbered = Self.numbered(bytes, ticket.id)
        guard let address = try? SocketAddress(ipAddress: "\(server)", port: port) else {
            return loop.makeFailedFuture(NoServer())
        }
        tickets.withLockedValue { _ = $0.insert(ticket) }
        return UpstreamExchange.byDatagram(address, ticket, numbered, limit: Limit.oneServer, on: loop)
            .flatMap { answer in
                guard answer[2] & 0x02 != 0 else { return loop.makeSucceededFuture(answer) }
                return UpstreamExchange.byConnection(address, ticket, numbered, limit: Limit.oneServer, on: loop)
                    .flatMapErrorThrowing { _ in answer }
            }.always { [tickets] _ in tickets.withLockedValue { _ = $0.remove(ticket) } }
    }
}
