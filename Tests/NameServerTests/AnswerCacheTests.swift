import Foundation
import Linux
import Testing
import Wire

@testable import NameServer

@Suite("Kept answers of other servers") struct AnswerCacheTests {
    private static let start = ContinuousClock.now

    private func query(_ name: String = "example.org", id: UInt16 = 1) throws -> DNSMessage {
        DNSMessage(id: id, DNSQuestion(try #require(DNSName(name)), .a))
    }

    private func answer(
        to query: DNSMessage, ttls: [UInt32], status: DNSStatus = .ok, zone: (ttl: UInt32, negative: UInt32)? = nil
    ) throws -> DNSMessage {
        var answer = query.response(status)
        let name = try #require(query.questions.first?.name)
        answer.answers = ttls.map { DNSRecord(name, timeToLive: $0, .a([192, 0, 2, 1])) }
        if let zone {
            answer.authorities = [
                DNSRecord(
                    name, timeToLive: zone.ttl,
                    .soa(
                        DNSAuthority(
                            server: name, mailbox: name, serial: 1, refresh: 1, retry: 1, expire: 1,
                            negative: zone.negative)))
            ]
        }
        return answer
    }

    @Test("how long an answer is kept")
    func lifetimes() throws {
        let query = try query()
        #expect(try AnswerCache.lifetime(of: answer(to: query, ttls: [20, 7])) == 7)
        #expect(try AnswerCache.lifetime(of: answer(to: query, ttls: [3_600])) == 30)
        #expect(try AnswerCache.lifetime(of: answer(to: query, ttls: [0])) == 0)
        #expect(try AnswerCache.lifetime(of: answer(to: query, ttls: [])) == nil)
        #expect(try AnswerCache.lifetime(of: answer(to: query, ttls: [], zone: (20, 5))) == 5)
        #expect(try AnswerCache.lifetime(of: answer(to: query, ttls: [], status: .noSuchName, zone: (4, 9))) == 4)
        #expect(try AnswerCache.lifetime(of: answer(to: query, ttls: [9], status: .failure)) == nil)
        var cut = try answer(to: query, ttls: [9])
        cut.isTruncated = true
        #expect(AnswerCache.lifetime(of: cut) == nil)
    }

    @Test("an answer is given with the query's number, and records get older")
    func ages() throws {
        var cache = AnswerCache()
        let query = try query()
        cache.keep(try answer(to: query, ttls: [10, 25]), to: query, at: Self.start)
        let again = try self.query("EXAMPLE.org", id: 7)
        let found = cache.answer(to: again, at: Self.start + .milliseconds(4_500))
        let kept = try #require(found)
        #expect(kept.id == 7 && kept.answers.map(\.timeToLive) == [6, 21])
        #expect(kept.questions == again.questions)
        #expect(String(decoding: try kept.bytes(), as: UTF8.self).contains("EXAMPLE"), "the name is as it was asked")
        let late = cache.answer(to: again, at: Self.start + .seconds(10))
        #expect(late == nil && cache.count == 0)
    }

    @Test("other questions, and questions with options of the client's own, have answers of their own")
    func keys() throws {
        var cache = AnswerCache()
        let query = try query()
        cache.keep(try answer(to: query, ttls: [10]), to: query, at: Self.start)
        let other = cache.answer(to: try self.query("example.net"), at: Self.start)
        #expect(other == nil)
        var extended = query
        extended.extended = DNSExtension(datagramBytes: 1_232)
        let second = cache.answer(to: extended, at: Self.start)
        #expect(second == nil)
        extended.extended?.options = [0, 10, 0, 0]
        cache.keep(try answer(to: query, ttls: [10]), to: extended, at: Self.start)
        let third = cache.answer(to: extended, at: Self.start)
        #expect(third == nil && cache.count == 1)
    }

    @Test("no more answers are kept than may be")
    func bound() throws {
        var cache = AnswerCache()
        for number in 0..<(AnswerCache.Limit.answers + 50) {
            let query = try query("n\(number).example.org")
            cache.keep(try answer(to: query, ttls: [10]), to: query, at: Self.start)
        }
        #expect(cache.count == AnswerCache.Limit.answers)
    }
}
