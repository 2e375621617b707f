import Fault
import JSON
import Testing

@testable import Engine

@Suite struct ContainerTableTests {
    static func record(_ id: String, _ name: String) -> ContainerRecord {
        ContainerRecord(
            id: id, name: name, created: 1, imageID: "", platform: "linux", config: [:], hostConfig: [:],
            endpoints: [], mounts: [])
    }

    private func table(_ entries: [(String, String)]) -> ContainerTable {
        let table = ContainerTable()
        for (id, name) in entries { table.insert(Container(Self.record(id, name))) }
        return table
    }

    @Test("a container is found by id, by name with or without slash, and by unique prefix")
    func find() throws {
        let table = table([("abc1", "web"), ("abd2", "db")])
        #expect(try table.find("abc1").id == "abc1")
        #expect(try table.find("web").id == "abc1")
        #expect(try table.find("/web").id == "abc1")
        #expect(try table.find("abd").id == "abd2")
    }

    @Test("a name wins over the prefix of another's id")
    func nameBeforePrefix() throws {
        let table = table([("web00", "db"), ("fff00", "web")])
        #expect(try table.find("web").id == "fff00")
    }

    @Test("a prefix of several ids is refused")
    func ambiguous() {
        let fault = #expect(throws: Fault.self) { try table([("ab1", "x1"), ("ab2", "x2")]).find("ab") }
        #expect(fault?.message == "Multiple IDs found with provided prefix: ab")
    }

    @Test("a name nobody has is answered with Docker's sentence and the name that was probably meant")
    func hint() {
        let table = table([("ab1", "my-nginx"), ("ab2", "database")])
        for (asked, meant) in [("some-nginx", "my-nginx"), ("my-ngnix", "my-nginx"), ("databse", "database")] {
            let fault = #expect(throws: Fault.self) { try table.find(asked) }
            #expect(fault?.message == "No such container: \(asked) (did you mean \"\(meant)\"?)")
        }
        let fault = #expect(throws: Fault.self) { try table.find("redis") }
        #expect(fault?.message == "No such container: redis")
    }

    @Test("no name is proposed when two are equally near")
    func twoNear() {
        #expect(Nearness.nearest("web-3", among: ["web-1", "web-2"]) == nil)
    }

    @Test("a name that is taken is refused in Docker's words, and free again once released")
    func conflict() throws {
        let table = table([("ab1", "my-nginx")])
        let fault = #expect(throws: Fault.self) { try table.claim(name: "my-nginx", for: "cd2") }
        #expect(fault?.kind == .conflict)
        #expect(
            fault?.message
                == "Conflict. The container name \"/my-nginx\" is already in use by container \"ab1\". You have to remove (or rename) that container to be able to reuse that name."
        )
        table.remove(try table.find("ab1"))
        try table.claim(name: "my-nginx", for: "cd2")
    }
}
