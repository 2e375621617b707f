import ContainerNetwork
import DockerModel
import Fault
import JSON
import Testing

@testable import Engine

@Suite struct ContainerFilterTests {
    private func filter(_ pairs: (String, String)..., all: Bool = false) throws -> ContainerFilter {
        var filters = Filters()
        for (key, value) in pairs { filters.add(key, value) }
        return try ContainerFilter(filters, all: all)
    }

    private func running(_ name: String = "web") -> ContainerRecord {
        var record = ContainerTableTests.record("abc", name)
        record.config = ["Labels": ["tier": "front"], "Image": "nginx", "ExposedPorts": ["443/tcp": [:]]]
        var endpoint = ContainerRecord.Endpoint(network: "bridge", settings: [:])
        endpoint.state = EndpointState()
        endpoint.state?.ports = [PortBinding(hostIP: "", hostPort: 8080, containerPort: 80, transport: .tcp)]
        record.endpoints = [endpoint]
        _ = record.started(pid: 1, at: 1)
        return record
    }

    @Test("only running containers are listed unless all are asked for, or a status")
    func status() throws {
        let stopped = ContainerTableTests.record("abd", "db")
        #expect(try !filter().accepts(stopped))
        #expect(try filter(all: true).accepts(stopped))
        #expect(try filter(("status", "created")).accepts(stopped))
        #expect(try !filter(("status", "created")).accepts(running()))
        #expect(throws: Fault.self) { try filter(("status", "sleeping")) }
    }

    @Test(
        "each filter narrows",
        arguments: [
            ("name", "we", true), ("name", "^/web$", true), ("name", "^eb", false), ("name", "w.b", true),
            ("id", "ab", true),
            ("id", "b", false), ("label", "tier", true), ("label", "tier=front", true), ("label", "tier=back", false),
            ("label!", "tier=back", true), ("network", "bridge", true), ("network", "other", false),
            ("publish", "80", true),
            ("publish", "8080", false), ("publish", "70-90/tcp", true), ("expose", "443", true),
            ("expose", "80", false),
            ("health", "none", true), ("is-task", "true", false), ("is-task", "false", true), ("volume", "x", false),
        ] as [(String, String, Bool)])
    func narrows(_ key: String, _ value: String, _ accepted: Bool) throws {
        #expect(try filter((key, value)).accepts(running()) == accepted)
    }

    @Test("an unknown filter is refused in Docker's words")
    func unknown() {
        let fault = #expect(throws: Fault.self) { try filter(("colour", "red")) }
        #expect(fault?.message == "invalid filter 'colour'")
    }
}

@Suite struct EventFilterTests {
    private let event = Event(
        .container, "exec_start: sh -c true", actor: "abc", attributes: ["image": "nginx:latest", "name": "web"],
        time: 1)

    @Test(
        "events are found by kind, word, container and image",
        arguments: [
            ("type", "container", true), ("type", "image", false), ("event", "exec_start", true),
            ("event", "die", false),
            ("container", "web", true), ("container", "db", false), ("image", "nginx", true), ("image", "redis", false),
        ] as [(String, String, Bool)])
    func accepts(_ key: String, _ value: String, _ accepted: Bool) throws {
        var filters = Filters()
        filters.add(key, value)
        #expect(try EventFilter(filters).accepts(event) == accepted)
    }

    @Test("a listener misses nothing between the past and now")
    func bus() async {
        let bus = EventBus()
        bus.publish(event)
        let (past, stream) = bus.subscribe()
        bus.publish(event)
        #expect(past.count == 1)
        #expect(await stream.first { _ in true } == event)
    }
}
