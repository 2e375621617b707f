/// The answer's kind (RFC 1035 4.1.1, RFC 6891 9).
package struct DNSStatus: RawRepresentable, Sendable, Hashable {
    /// Twelve bits, of which EDNS carries the upper eight.
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package static let ok = DNSStatus(rawValue: 0), malformed = DNSStatus(rawValue: 1)
    package static let failure = DNSStatus(rawValue: 2), noSuchName = DNSStatus(rawValue: 3)
    package static let notImplemented = DNSStatus(rawValue: 4), refused = DNSStatus(rawValue: 5)
    package static let badVersion = DNSStatus(rawValue: 16)
}

/// What one side tells the other beyond the classic protocol (RFC 6891).
package struct DNSExtension: Sendable, Hashable {
    /// The largest datagram that the teller takes, in bytes.
    package var datagramBytes: UInt16
    package var version: UInt8 = 0
    /// Whether signatures are wanted.
    package var wantsSignatures = false
    /// Options as they stand in the message.
    package var options: [UInt8] = []

    package init(datagramBytes: UInt16, wantsSignatures: Bool = false) {
        self.datagramBytes = datagramBytes
        self.wantsSignatures = wantsSignatures
    }
}

/// One DNS message, question or answer.
package struct DNSMessage: Sendable, Hashable {
    package enum Limit {
        /// A datagram's without EDNS, in bytes (RFC 1035 2.3.4), and any message's: TCP's length has two bytes.
        package static let datagram = 512, message = 65_535
    }

    package var id: UInt16
    package var isResponse = false
    /// 0: a plain question.
    package var operation: UInt8 = 0
    package var isAuthoritative = false
    package var isTruncated = false
    package var wantsRecursion = false
    package var offersRecursion = false
    /// AD and CD of RFC 4035.
    package var isAuthentic = false
    package var wantsUnchecked = false
    package var status = DNSStatus.ok
    package var questions: [DNSQuestion] = []
    package var answers: [DNSRecord] = []
    package var authorities: [DNSRecord] = []
    package var additionals: [DNSRecord] = []
    /// Nil: the sender doesn't know EDNS.
    package var extended: DNSExtension?

    package init(id: UInt16) { self.id = id }

    /// A question as a client asks it.
    package init(id: UInt16, _ question: DNSQuestion, extended: DNSExtension? = nil) {
        self.id = id
        wantsRecursion = true
        questions = [question]
        self.extended = extended
    }

    /// The largest datagram that the sender takes, in bytes.
    package var datagramBytes: Int { max(Limit.datagram, Int(extended?.datagramBytes ?? 0)) }

    /// An empty answer to this question.
    package func response(_ status: DNSStatus = .ok) -> DNSMessage {
        var answer = DNSMessage(id: id)
        answer.isResponse = true
        answer.operation = operation
        answer.wantsRecursion = wantsRecursion
        answer.wantsUnchecked = wantsUnchecked
        answer.status = status
        answer.questions = questions
        return answer
    }
}
