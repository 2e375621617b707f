import JSON
import Testing

@testable import KubeClient
@testable import ServiceProxy

@Suite struct ElementTableTests {
    static let a = ObjectKey("default", "a"), b = ObjectKey("default", "b")
    static let key = ElementKey(.services, Frontend(transport: .tcp, port: 80))

    @Test("of two services that want one place the first has it, then the other")
    func claims() {
        var table = ElementTable()
        var before: [ElementKey: ElementValue?] = [:]
        table.replace(Self.a, [RuleElement(Self.key, .pick(1))], &before)
        #expect(table.changes(since: before) == ElementChanges(added: [RuleElement(Self.key, .pick(1))]))
        before = [:]
        table.replace(Self.b, [RuleElement(Self.key, .pick(2))], &before)
        #expect(table.changes(since: before).isEmpty)
        before = [:]
        table.replace(Self.a, [RuleElement(Self.key, .pick(3))], &before)
        #expect(
            table.changes(since: before)
                == ElementChanges(removed: [Self.key], added: [RuleElement(Self.key, .pick(3))]))
        before = [:]
        table.replace(Self.a, [], &before)
        #expect(
            table.changes(since: before)
                == ElementChanges(removed: [Self.key], added: [RuleElement(Self.key, .pick(2))]))
        before = [:]
        table.replace(Self.b, [], &before)
        #expect(table.changes(since: before) == ElementChanges(removed: [Self.key]))
        #expect(table.elements.isEmpty && table.services.isEmpty)
    }

    @Test("a changed endpoint is a transaction of that endpoint alone")
    func increment() throws {
        let settings = try ServiceCases.settings()
        var state = FamilyState(settings, .four)
        var book = ServiceBook()
        let service = ServiceCases.service([:])
        let old = ServiceCases.slice(["10.244.0.5@one", "10.244.1.5@two"])
        let new = ServiceCases.slice(["10.244.0.5@one", "10.244.1.6@two", "10.244.1.7@two"])
        book.take(service: ObjectChange(old: nil, new: service))
        book.take(slice: ObjectChange(old: nil, new: old))
        _ = state.update(book.takeNews())
        book.take(slice: ObjectChange(old: old, new: new))
        let changes = state.update(book.takeNews())
        #expect(
            state.rules.text(table: "t", changes) == """
                delete element ip t endpoints_tcp { 10.96.1.1 . tcp . 80 . 1 }
                delete element ip t services { 10.96.1.1 . tcp . 80 }
                add chain ip t services_pick_3
                flush chain ip t services_pick_3
                add rule ip t services_pick_3 meta l4proto tcp dnat to ip daddr . meta l4proto . tcp dport . numgen random mod 3 map @endpoints_tcp
                add rule ip t services_pick_3 meta l4proto udp dnat to ip daddr . meta l4proto . udp dport . numgen random mod 3 map @endpoints_udp
                add rule ip t services_pick_3 meta l4proto sctp dnat to ip daddr . meta l4proto . sctp dport . numgen random mod 3 map @endpoints_sctp
                add element ip t endpoints_tcp { 10.96.1.1 . tcp . 80 . 1 : 10.244.1.6 . 8080, 10.96.1.1 . tcp . 80 . 2 : 10.244.1.7 . 8080 }
                add element ip t services { 10.96.1.1 . tcp . 80 : goto services_pick_3 }

                """)
        #expect(state.update(book.takeNews()).isEmpty)
        book.take(service: ObjectChange(old: service, new: nil))
        book.take(slice: ObjectChange(old: new, new: nil))
        #expect(state.update(book.takeNews()).added.isEmpty)
        #expect(state.table.elements.isEmpty && book.entries.isEmpty)
    }
}
