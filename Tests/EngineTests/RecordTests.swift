import ContainerNetwork
import JSON
import Testing

@testable import Engine

@Suite struct RecordTests {
    @Test("a record survives being stored")
    func roundTrip() throws {
        var record = ContainerTableTests.record("abc", "web")
        record.config = ["Image": "nginx", "Future": 1]
        record.hostConfig = ["Memory": 5]
        var point = ContainerRecord.MountPoint(kind: .volume, destination: "/data")
        point.name = "v"
        point.isAnonymous = true
        record.mounts = [point]
        var endpoint = ContainerRecord.Endpoint(network: "bridge", settings: ["Aliases": ["x"]])
        endpoint.state = EndpointState()
        endpoint.state?.ipAddress = "172.17.0.2"
        endpoint.state?.ports = [PortBinding(hostIP: "::", hostPort: 1, containerPort: 2, transport: .udp)]
        record.endpoints = [endpoint]
        record.health = HealthState()
        record.wasStopped = true
        _ = record.started(pid: 7, at: 99)
        let copy = try ContainerRecord(stored: JSON(parsing: record.stored.text))
        #expect(copy.stored == record.stored)
        #expect(copy.mounts == record.mounts && copy.state == record.state)
        #expect(copy.endpoints.first?.state?.ports == endpoint.state?.ports)
        #expect(copy.config["Future"].int == 1)
    }

    @Test("documents written together are all there after reopening")
    func store() async throws {
        let folder = "/tmp/hako-store-\(UInt64.random(in: 0..<UInt64.max))"
        try makeFolder(folder, mode: 0o700)
        defer { removeFolder(folder) }
        do {
            let store = try DocumentStore(path: folder + "/engine.db")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<50 {
                    group.addTask { try await store.write(.put(.container, "c\(number)", ["n": JSON(number)])) }
                }
                try await group.waitForAll()
            }
            try await store.write(.remove(.container, "c7"), .put(.setting, "id", "x"))
        }
        let again = try DocumentStore(path: folder + "/engine.db")
        let all = try again.all(.container)
        #expect(all.count == 49 && !all.contains { $0.key == "c7" })
        #expect(try again.all(.setting).first?.body == "x")
    }

    @Test("work for one key runs in order, and the next starts although the last one threw")
    func lanes() async throws {
        let lanes = Lanes<String>()
        let log = Log()
        let first = Task {
            try await lanes.run("a") {
                try await Task.sleep(for: .milliseconds(20))
                await log.add(1)
                throw CancellationError()
            }
        }
        try await Task.sleep(for: .milliseconds(5))
        try await lanes.run("a") { await log.add(2) }
        await #expect(throws: CancellationError.self) { try await first.value }
        #expect(await log.numbers == [1, 2])
    }

    private actor Log {
        var numbers: [Int] = []
        func add(_ number: Int) { numbers.append(number) }
    }
}
