import Wire

/// What is to be done with a query.
package enum Outcome {
    case answer(DNSMessage)
    /// Others know.
    case forward
    /// The answer so far, which ends with an alias that others know more of.
    case follow(DNSMessage, DNSQuestion)
    /// It is no query at all.
    case silence
}

/// Knows some names, and says which are for others. It waits for nothing.
package protocol Answering: Sendable {
    /// - Parameter query: a query of one question for a record of the Internet's class.
    func outcome(of query: DNSMessage, _ question: DNSQuestion) -> Outcome
}

extension Answering {
    /// Refuses what no server of ours does, and hands on the rest.
    func outcome(of query: DNSMessage) -> Outcome {
        if query.isResponse { return .silence }
        func refusal(_ status: DNSStatus) -> Outcome { .answer(query.reply(status)) }
        guard query.operation == 0 else { return refusal(.notImplemented) }
        guard query.questions.count == 1, let question = query.questions.first else { return refusal(.malformed) }
        if let extended = query.extended, extended.version > 0 { return refusal(.badVersion) }
        guard question.class == DNSRecord.internet, question.type != .axfr, question.type != .ixfr else {
            return refusal(.refused)
        }
        return outcome(of: query, question)
    }
}

extension DNSMessage {
    /// An answer to this query, without records yet, from a server that asks others for what it doesn't know.
    package func reply(_ status: DNSStatus) -> DNSMessage {
        var answer = response(status)
        answer.offersRecursion = true
        if let extended {
            answer.extended = DNSExtension(
                datagramBytes: QueryService.Limit.offered, wantsSignatures: extended.wantsSignatures)
        }
        return answer
    }
}
