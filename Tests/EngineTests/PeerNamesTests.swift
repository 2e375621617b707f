import ContainerNetwork
import JSON
import Testing

@testable import Engine

@Suite struct PeerNamesTests {
    private func member(_ name: String, _ network: String, _ address: String, aliases: JSON = .null) -> ContainerRecord
    {
        var record = ContainerTableTests.record(name + "0123456789abcdef", name)
        var endpoint = ContainerRecord.Endpoint(network: network, settings: ["Aliases": aliases])
        endpoint.state = EndpointState()
        endpoint.state?.networkID = "id-" + network
        endpoint.state?.ipAddress = address
        record.endpoints = [endpoint]
        return record
    }

    @Test("containers on one network of the user's know each other by name, alias and short id")
    func known() {
        let web = member("web", "shop", "10.0.0.2"), db = member("db", "shop", "10.0.0.3", aliases: ["store"])
        let other = member("spy", "elsewhere", "10.0.1.2")
        #expect(
            PeerNames.lines(for: web, among: [web, db, other]) == [
                "10.0.0.2\tweb web012345678\t# peer", "10.0.0.3\tdb store db0123456789\t# peer",
            ])
    }

    @Test("the default bridge has no names")
    func bridge() {
        let one = member("one", "bridge", "172.17.0.2"), two = member("two", "bridge", "172.17.0.3")
        #expect(PeerNames.lines(for: one, among: [one, two]).isEmpty)
    }

    @Test("what the user wrote in the file stays")
    func replaced() {
        let before = "127.0.0.1\tlocalhost\n10.0.0.9\tgone\t# peer\n1.2.3.4 mine\n"
        #expect(
            PeerNames.replace(in: before, with: ["10.0.0.2\tweb\t# peer"])
                == "127.0.0.1\tlocalhost\n1.2.3.4 mine\n10.0.0.2\tweb\t# peer\n")
        #expect(PeerNames.replace(in: "a\n", with: []) == "a\n")
    }
}
