import ContainerNetwork
import Fault
import JSON
import Testing

@testable import Engine

@Suite("Legacy links")
struct LinkTests {
    private func target() -> ContainerRecord {
        var record = ContainerTableTests.record("db0123456789abcdef", "db")
        record.config = [
            "Hostname": "db0123456789", "Env": ["PW=s=t", "HOME=/x", "PATH=/y", "BARE"],
            "ExposedPorts": ["53/udp": [:], "5433/tcp": [:], "5432/tcp": [:], "80/tcp": [:]],
        ]
        var endpoint = ContainerRecord.Endpoint(network: "bridge", settings: [:])
        endpoint.state = EndpointState()
        endpoint.state?.ipAddress = "172.17.0.2"
        record.endpoints = [endpoint]
        return record
    }

    @Test("variables tell the first port, each port, ranges, the name and the other's own variables")
    func variables() {
        let link = ContainerLink(target: "db0123456789abcdef", alias: "my-db")
        #expect(
            link.variables(of: target(), address: "172.17.0.2", owner: "web") == [
                "MY_DB_PORT=tcp://172.17.0.2:80",
                "MY_DB_PORT_80_TCP=tcp://172.17.0.2:80", "MY_DB_PORT_80_TCP_ADDR=172.17.0.2",
                "MY_DB_PORT_80_TCP_PORT=80", "MY_DB_PORT_80_TCP_PROTO=tcp",
                "MY_DB_PORT_5432_TCP=tcp://172.17.0.2:5432", "MY_DB_PORT_5432_TCP_ADDR=172.17.0.2",
                "MY_DB_PORT_5432_TCP_PORT=5432", "MY_DB_PORT_5432_TCP_PROTO=tcp",
                "MY_DB_PORT_5433_TCP=tcp://172.17.0.2:5433", "MY_DB_PORT_5433_TCP_ADDR=172.17.0.2",
                "MY_DB_PORT_5433_TCP_PORT=5433", "MY_DB_PORT_5433_TCP_PROTO=tcp",
                "MY_DB_PORT_5432_TCP_START=tcp://172.17.0.2:5432", "MY_DB_PORT_5432_TCP_PORT_START=5432",
                "MY_DB_PORT_5432_TCP_END=tcp://172.17.0.2:5433", "MY_DB_PORT_5432_TCP_PORT_END=5433",
                "MY_DB_PORT_53_UDP=udp://172.17.0.2:53", "MY_DB_PORT_53_UDP_ADDR=172.17.0.2",
                "MY_DB_PORT_53_UDP_PORT=53", "MY_DB_PORT_53_UDP_PROTO=udp",
                "MY_DB_NAME=/web/my-db", "MY_DB_ENV_PW=s=t",
            ])
    }

    @Test("links are written in three ways")
    func parse() throws {
        #expect(try ContainerLink.parse("db") == ("db", "db"))
        #expect(try ContainerLink.parse("db:store") == ("db", "store"))
        #expect(try ContainerLink.parse("/db:/web/store") == ("db", "store"))
        for (text, message) in [("", "empty string specified for links"), ("a:b:c", "bad format for links: a:b:c")] {
            let fault = #expect(throws: Fault.self) { try ContainerLink.parse(text) }
            #expect(fault?.message == message)
        }
    }

    @Test("the owner alone has the other in its hosts file: alias, host name, name")
    func hosts() {
        var web = ContainerTableTests.record("web0123456789", "web")
        web.links = [ContainerLink(target: "db0123456789abcdef", alias: "store")]
        let other = ContainerTableTests.record("spy0123456789", "spy")
        #expect(
            LinkNames.lines(for: web, among: [web, other, target()])
                == ["172.17.0.2\tstore db0123456789 db\t# link"])
        #expect(LinkNames.lines(for: other, among: [web, other, target()]).isEmpty)
    }

    @Test("what the user wrote in the file stays")
    func replaced() {
        let before = "127.0.0.1\tlocalhost\n10.0.0.9\tgone\t# link\n1.2.3.4 mine\n"
        #expect(
            LinkNames.replace(in: before, with: ["10.0.0.2\tweb\t# link"])
                == "127.0.0.1\tlocalhost\n1.2.3.4 mine\n10.0.0.2\tweb\t# link\n")
        #expect(LinkNames.replace(in: "a\n", with: []) == "a\n")
    }

    @Test("a link's own name leads to the container, and the link survives being stored")
    func names() throws {
        var web = ContainerTableTests.record("aa1", "web")
        web.links = [ContainerLink(target: "bb2", alias: "store")]
        web = try ContainerRecord(stored: JSON(parsing: web.stored.text))
        let table = ContainerTable()
        table.insert(Container(web))
        table.insert(Container(ContainerTableTests.record("bb2", "db")))
        #expect(try table.find("web/store").id == "bb2")
        #expect(try table.find("/web/store").id == "bb2")
        #expect(throws: Fault.self) { try table.find("web/other") }
    }
}

@Suite struct StartOrderTests {
    @Test("what others need starts before them, whatever order they were made in; circles end")
    func order() {
        func container(_ id: String, network: String = "", links: [String] = []) -> Container {
            var record = ContainerTableTests.record(id, id)
            record.hostConfig = ["NetworkMode": .string(network)]
            record.links = links.map { ContainerLink(target: $0, alias: $0) }
            return Container(record)
        }
        let all = [
            container("c1", network: "container:c3"), container("c2", links: ["c1"]), container("c3"),
            container("c4", links: ["c5"]), container("c5", links: ["c4", "gone"]),
        ]
        #expect(StartOrder.sort(all).map(\.id) == ["c3", "c1", "c2", "c5", "c4"])
    }
}
