import JSON
import Linux
import Testing

@testable import KubeClient
@testable import ServiceProxy

/// What the kernel remembers of earlier rules: clients' endpoints and datagrams' ways.
@Suite struct MemoryTests {
    static let listed = """
        {"nftables": [{"metainfo": {"version": "1.0.6"}}, {"map": {"family": "ip", "name": "affinity", "elem": [
        [{"elem": {"val": {"concat": ["10.96.1.1", "tcp", 80, "10.244.0.9"]}, "timeout": 10800, "expires": 9999}}, \
        {"concat": ["10.244.0.5", 8080]}],
        [{"elem": {"val": {"concat": ["192.168.49.2", 6, 30080, "10.244.0.9"]}, "timeout": 10800, "expires": 77}}, \
        {"concat": ["10.244.0.6", 8080]}], ["unknown"]]}}]}
        """

    @Test("clients are read from the kernel's map and written as they were")
    func clients() {
        #expect(
            RememberedClient.all(in: Self.listed).map(\.text) == [
                "10.96.1.1 . tcp . 80 . 10.244.0.9 timeout 10800s expires 9999s : 10.244.0.5 . 8080",
                "192.168.49.2 . tcp . 30080 . 10.244.0.9 timeout 10800s expires 77s : 10.244.0.6 . 8080",
            ])
        #expect(RememberedClient.all(in: "").isEmpty)
    }

    @Test("clients whose endpoint or service is gone are astray")
    func astray() throws {
        var state = FamilyState(try ServiceCases.settings(), .four)
        let clients = RememberedClient.all(in: Self.listed)
        #expect(state.table.astray(clients).count == 2)
        var book = ServiceBook()
        var spec = TrafficTests.nodePort
        spec["sessionAffinity"] = "ClientIP"
        book.take(service: ObjectChange(old: nil, new: ServiceCases.service(spec)))
        let both = ServiceCases.slice(["10.244.0.5@one", "10.244.0.6@one"]),
            one = ServiceCases.slice(["10.244.0.5@one"])
        book.take(slice: ObjectChange(old: nil, new: both))
        var changes = state.update(book.takeNews())
        #expect(state.table.astray(clients).isEmpty && !state.table.concernsClients(changes))
        book.take(slice: ObjectChange(old: both, new: one))
        changes = state.update(book.takeNews())
        #expect(state.table.concernsClients(changes))
        #expect(state.table.astray(clients).map { "\($0.endpoint.address)" } == ["10.244.0.6"])
        book.take(service: ObjectChange(old: nil, new: ServiceCases.service(TrafficTests.nodePort)))
        changes = state.update(book.takeNews())
        #expect(state.table.concernsClients(changes) && state.table.astray(clients).count == 2)
    }

    @Test("datagrams to places that don't serve the service are stale")
    func datagrams() throws {
        let service = ServiceCases.service([
            "type": "NodePort", "ports": [["name": "dns", "port": 53, "nodePort": 30_053, "protocol": "UDP"]],
        ])
        let slice = ServiceCases.slice(["10.244.0.5@one", "!10.244.0.6@one"], port: 53, name: "dns", protocol: "UDP")
        let flows = DatagramFlows([ServiceBook.Entry(service: service, slices: ["": slice])], .four)
        func isStale(_ to: String, _ port: UInt16, _ by: String, datagram: Bool = true) throws -> Bool {
            flows.isStale(
                TrackedFlow(
                    isDatagram: datagram, destination: try ServiceCases.address(to), port: port,
                    answeredBy: try ServiceCases.address(by), answeringPort: 53))
        }
        #expect(try !isStale("10.96.1.1", 53, "10.244.0.5"))
        #expect(try isStale("10.96.1.1", 53, "10.244.0.6"))
        #expect(try isStale("10.96.1.1", 53, "10.96.1.1"))
        #expect(try !isStale("10.96.1.1", 53, "10.244.0.6", datagram: false))
        #expect(try isStale("192.168.49.2", 30_053, "10.244.0.6"))
        #expect(try !isStale("192.168.49.2", 30_053, "10.244.0.5"))
        #expect(try !isStale("10.96.1.2", 53, "10.244.0.6"))
        let none = ServiceCases.slice(["!10.244.0.5@one"], port: 53, name: "dns", protocol: "UDP")
        #expect(DatagramFlows([ServiceBook.Entry(service: service, slices: ["": none])], .four).isEmpty)
    }
}
