import Foundation

/// The seeds of tests that make their input at random. Each seed is an argument of the test, so a failure names it.
package enum Fuzz {
    /// `0..<usual` as a rule. `HAKO_FUZZ=500` gives 500 seeds that no run had before, `HAKO_FUZZ_SEED=77` that one only,
    /// to see a failure again.
    package static func seeds(_ usual: Int) -> [UInt64] {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["HAKO_FUZZ_SEED"].flatMap(UInt64.init) { return [seed] }
        if let count = environment["HAKO_FUZZ"].flatMap(Int.init) {
            return (0..<count).map { _ in UInt64.random(in: 0...(.max)) }
        }
        return (0..<usual).map(UInt64.init)
    }
}

/// splitmix64: the same numbers for the same seed, on every machine.
package struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    package init(seed: UInt64) { state = seed }
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
