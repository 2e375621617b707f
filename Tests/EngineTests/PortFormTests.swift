import ContainerNetwork
import Fault
import JSON
import Testing

@testable import Engine

@Suite struct PortFormTests {
    @Test("ports are read with and without protocol, and others refused")
    func read() throws {
        #expect(try PortForm.port("80") == PortForm.Port(number: 80, transport: .tcp))
        #expect(try PortForm.port("53/UDP") == PortForm.Port(number: 53, transport: .udp))
        for text in ["", "0", "70000", "a", "80/icmp"] {
            #expect(throws: Fault.self) { try PortForm.port(text) }
        }
    }

    @Test("publishing all gives every exposed port without binding a free one")
    func publishAll() throws {
        let host: JSON = [
            "PortBindings": ["80/tcp": [["HostIp": "127.0.0.1", "HostPort": "8080"]]], "PublishAllPorts": true,
        ]
        let bindings = try PortForm.bindings(hostConfig: host, exposed: ["80/tcp": [:], "443/tcp": [:]])
        #expect(
            bindings == [
                PortBinding(hostIP: "127.0.0.1", hostPort: 8080, containerPort: 80, transport: .tcp),
                PortBinding(hostIP: "", hostPort: 0, containerPort: 443, transport: .tcp),
            ])
    }

    @Test("an exposed port alone publishes nothing")
    func exposedOnly() throws {
        #expect(try PortForm.bindings(hostConfig: [:], exposed: ["80/tcp": [:]]).isEmpty)
    }

    @Test("a range of host ports is gone through to its end")
    func range() throws {
        let host: JSON = ["PortBindings": ["80/tcp": [["HostIp": "", "HostPort": "8000-8002"]]]]
        var wanted = try PortForm.wanted(hostConfig: host, exposed: .null).first
        var tried: [UInt16] = []
        while let now = wanted {
            tried.append(now.binding.hostPort)
            wanted = now.next
        }
        #expect(tried == [8000, 8001, 8002])
        #expect(throws: Fault.self) {
            try PortForm.wanted(hostConfig: ["PortBindings": ["80/tcp": [["HostPort": "9-8"]]]], exposed: .null)
        }
    }
}
