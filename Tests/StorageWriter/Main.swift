import Glibc
import KubeStorage

/// What the crash and power-loss tests run and kill, and the store's benchmark:
///
///     storagewriter write FOLDER SEED [SECONDS]   load until killed; each acknowledged write is a line on stdout
///     storagewriter check FOLDER < LINES          whether the store holds all that those lines say
///     storagewriter recheck FOLDER < LINES        the same, and again after it wrote on
///     storagewriter bench FOLDER [OBJECTS]        figures, for people
@main struct Main {
    static func main() async throws {
        let words = CommandLine.arguments.dropFirst()
        guard words.count >= 2, let mode = words.first else { fail("storagewriter write|check|bench FOLDER …") }
        let folder = words[words.startIndex + 1]
        let rest = Array(words.dropFirst(2))
        switch mode {
        case "write":
            let seed = rest.first.flatMap(UInt64.init) ?? 1
            let seconds = rest.dropFirst().first.flatMap(Double.init) ?? 30
            try await Load(store: open(folder), seed: seed).run(for: .seconds(seconds))
        case "check": try await Check(store: open(folder), acknowledged: Check.read()).run()
        case "recheck":
            let acknowledged = Check.read()
            try await Check(store: open(folder), acknowledged: acknowledged).run()
            let more = Load(store: try open(folder), seed: UInt64(acknowledged.count), keepsLines: true)
            try await more.run(for: .seconds(rest.first.flatMap(Double.init) ?? 1))
            try await Check(store: open(folder), acknowledged: acknowledged + more.kept).run()
        case "bench": try await Bench(folder: folder, objects: rest.first.flatMap(Int.init) ?? 20_000).run()
        default: fail("no mode \(mode)")
        }
    }

    static func open(_ folder: String) throws -> SQLiteStorage {
        do { return try SQLiteStorage(folder: folder, compaction: nil, checkpointPages: 60) } catch {
            fail("can't open: \(error)")
        }
    }

    static func fail(_ sentence: String) -> Never {
        print("FAILED: \(sentence)")
        exit(1)
    }
}
