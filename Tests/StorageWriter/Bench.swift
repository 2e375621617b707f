import Glibc
import KubeStorage
import NIOCore

/// Figures of the store alone. CPU is the whole process', so the load's own share is in it.
struct Bench {
    let folder: String
    let objects: Int

    func run() async throws {
        let store = try SQLiteStorage(folder: folder, compaction: nil)
        let value = ByteBuffer(repeating: 0x61, count: 1_024)
        let before = residentBytes()
        for writers in [1, 32] {
            try await measure("put 1 KiB, \(writers) writers", writers == 1 ? objects / 10 : objects, writers) {
                number in
                let value = ByteBuffer(repeating: UInt8(truncatingIfNeeded: number), count: 1_024)
                _ = try await store.put("/registry/configmaps/w\(writers)/object-\(number)", value, expecting: 0)
            }
        }
        let count = objects + objects / 10
        print("memory per object of 1 KiB: \((residentBytes() - before) / count) bytes, the event ring included")
        try await measure("update, 32 writers", objects, 32) { number in
            _ = try await store.put("/registry/configmaps/w32/object-\(number)", value, expecting: nil)
        }
        for readers in [1, 32] {
            try await measure("get, \(readers) readers", objects * 5, readers) { number in
                _ = store.get("/registry/configmaps/w32/object-\(number % objects)")
            }
        }
        try await measure("list of \(objects)", 10, 1) { _ in
            _ = try await store.list(prefix: "/registry/configmaps/w32/", from: nil, limit: nil, at: nil)
        }
        try await watchers(store, 1_000, updates: 1_000)
        await store.close()
        let started = ContinuousClock.now
        let again = try SQLiteStorage(folder: folder, compaction: nil)
        print("opened with \(count) objects in \(ContinuousClock.now - started)")
        await again.close()
    }

    private func watchers(_ store: SQLiteStorage, _ count: Int, updates: Int) async throws {
        let readers = try (0..<count).map { _ in
            let watch = try store.watch(prefix: "/registry/configmaps/w32/", after: nil)
            return Task {
                var seen = 0
                for try await news in watch {
                    if case .events(let events) = news { seen += events.count }
                    if seen >= updates { break }
                }
            }
        }
        let value = ByteBuffer(repeating: 0x61, count: 1_024)
        try await measure("update with \(count) watches", updates, 1) { number in
            _ = try await store.put("/registry/configmaps/w32/object-\(number)", value, expecting: nil)
        }
        for reader in readers { _ = await reader.result }
    }

    private func measure(
        _ name: String, _ count: Int, _ workers: Int, _ body: @escaping @Sendable (Int) async throws -> Void
    ) async throws {
        let started = ContinuousClock.now
        let cpu = cpuSeconds()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<workers {
                group.addTask { for number in stride(from: worker, to: count, by: workers) { try await body(number) } }
            }
            try await group.waitForAll()
        }
        let (whole, rest) = (ContinuousClock.now - started).components
        let seconds = Double(whole) + Double(rest) / 1e18
        let used = cpuSeconds() - cpu
        print("\(name): \(Int(Double(count) / seconds))/s, \(used * 1_000 / Double(count)) CPU-s per 1,000")
    }

    private func cpuSeconds() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    private func residentBytes() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        fgets(&line, 128, file)
        let words = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self).split(separator: " ")
        return (words.dropFirst().first.flatMap { Int($0) } ?? 0) * 4_096
    }
}
