import Fault
import Testing

@testable import Engine

@Suite struct ContainerNameTests {
    @Test(
        "a name may have letters, digits, underscore, dot and dash after its first character",
        arguments: [
            "web", "my-nginx", "a.b_c-9", "0a", "/slashed",
        ])
    func good(_ name: String) throws {
        #expect(try ContainerName.validated(name) == (name.hasPrefix("/") ? String(name.dropFirst()) : name))
    }

    @Test("other names are refused in Docker's words", arguments: ["", "a", "-web", "we b", "web/", "ウェブ", "_x"])
    func bad(_ name: String) {
        let fault = #expect(throws: Fault.self) { try ContainerName.validated(name) }
        #expect(fault?.kind == .invalid)
        #expect(fault?.message == "Invalid container name (\(name)), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed")
    }

    @Test("generated names are valid, and differ from those that are taken")
    func generated() throws {
        var random = Seeded(state: 7)
        var taken: Set<String> = []
        for _ in 0..<500 {
            let name = ContainerName.generate(&random, isTaken: taken.contains)
            let isNew = taken.insert(name).inserted
            #expect(isNew)
            #expect(try ContainerName.validated(name) == name)
            #expect(name.split(separator: "_").count == 2)
        }
    }

    @Test("a generated name gets a number when the word pairs are taken")
    func crowded() {
        var random = Seeded(state: 1)
        let name = ContainerName.generate(&random) { !$0.contains(where: \.isNumber) }
        let hasDigit = name.contains { $0.isNumber }
        #expect(hasDigit)
    }
}

/// SplitMix64: the same numbers for the same seed.
struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
