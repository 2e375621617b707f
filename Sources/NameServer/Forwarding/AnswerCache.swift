import Wire

/// Answers of other servers, for as long as they say that they may be kept, and half a minute at most.
struct AnswerCache: Sendable {
    enum Limit {
        /// Answers that are kept.
        static let answers = 10_000
        /// However long an answer may be kept: names move, and nobody empties this cache.
        static let age = 30
    }

    typealias Instant = ContinuousClock.Instant

    /// What of a query its answer depends on.
    private struct Key: Hashable {
        let question: DNSQuestion
        let wantsRecursion: Bool, wantsUnchecked: Bool, isExtended: Bool, wantsSignatures: Bool
    }

    private struct Kept {
        let answer: DNSMessage
        let since: Instant
        /// After `since`, in seconds.
        let lifetime: Int
        func isOver(_ now: Instant) -> Bool { now - since >= .seconds(lifetime) }
    }

    private var kept: [Key: Kept] = [:]

    init() {}

    var count: Int { kept.count }

    /// Nil for queries whose answers are each client's own.
    private static func key(_ query: DNSMessage) -> Key? {
        guard query.operation == 0, query.questions.count == 1, let question = query.questions.first,
            query.extended?.options.isEmpty != false
        else { return nil }
        return Key(
            question: question, wantsRecursion: query.wantsRecursion, wantsUnchecked: query.wantsUnchecked,
            isExtended: query.extended != nil, wantsSignatures: query.extended?.wantsSignatures ?? false)
    }

    /// The answer to the query with its number and spelling, and with what is left of the records' times.
    mutating func answer(to query: DNSMessage, at now: Instant) -> DNSMessage? {
        guard let key = Self.key(query), let found = kept[key] else { return nil }
        guard !found.isOver(now) else {
            kept[key] = nil
            return nil
        }
        let passed = UInt32((now - found.since).components.seconds)
        var answer = found.answer
        answer.id = query.id
        answer.questions = query.questions
        func older(_ records: [DNSRecord]) -> [DNSRecord] {
            records.map { record in
                var record = record
                record.timeToLive -= min(record.timeToLive, passed)
                return record
            }
        }
        answer.answers = older(answer.answers)
        answer.authorities = older(answer.authorities)
        answer.additionals = older(answer.additionals)
        return answer
    }

    mutating func keep(_ answer: DNSMessage, to query: DNSMessage, at now: Instant) {
        guard let key = Self.key(query), let lifetime = Self.lifetime(of: answer), lifetime > 0 else { return }
        if kept.count >= Limit.answers, kept[key] == nil {
            kept = kept.filter { !$0.value.isOver(now) }
            // Still full of answers that count: any one goes.
            if kept.count >= Limit.answers, let some = kept.keys.first { kept[some] = nil }
        }
        kept[key] = Kept(answer: answer, since: now, lifetime: lifetime)
    }

    /// In seconds; nil: not to be kept. That a name or its records aren't there may be kept as long as the zone's
    /// authority says (RFC 2308, 5).
    static func lifetime(of answer: DNSMessage) -> Int? {
        guard answer.isResponse, !answer.isTruncated, [.ok, .noSuchName].contains(answer.status) else { return nil }
        let records = answer.answers + answer.authorities + answer.additionals
        var least = Limit.age
        var authority: Int?
        for record in records {
            // Names in data of types that aren't known may point into the message that they came in.
            if case .other = record.data { return nil }
            least = min(least, Int(record.timeToLive))
            if case .soa(let zone) = record.data { authority = Int(min(zone.negative, record.timeToLive)) }
        }
        let isDenial = answer.status == .noSuchName || answer.answers.isEmpty
        guard isDenial else { return least }
        return authority.map { min(least, $0) }
    }
}
