import NIOCore
import TestKit
import Testing

@testable import KubeStorage

@Suite struct ObjectTreeTests {
    /// The tree's content by a plain sorted array, byte for byte.
    private struct Model {
        var objects: [ByteKey: StoredValue] = [:]
        var sorted: [StoredValue] { objects.values.sorted { KeyOrder.compare($0.key, $1.key) < 0 } }
    }

    @Test("a tree under random changes is a sorted array, and its snapshots don't change", arguments: Fuzz.seeds(6))
    func model(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var tree = ObjectTree()
        var model = Model()
        var snapshots: [(ObjectTree, [StoredValue])] = []
        let keys = [20, 300, 5_000].randomElement(using: &random) ?? 20
        for step in 0..<6_000 {
            let key = "/k/\(Int.random(in: 0..<keys, using: &random))"
            // Phases of growth and of decline.
            if Int.random(in: 0..<10, using: &random) < (step / 1_500 % 2 == 0 ? 2 : 8) {
                tree.remove(key)
                model.objects[ByteKey(text: key)] = nil
            } else {
                let value = StoredValue(key: key, value: "", createRevision: 1, modRevision: Int64(step))
                tree.put(value)
                model.objects[ByteKey(text: key)] = value
            }
            if step % 1_000 == 999 { snapshots.append((tree, model.sorted)) }
        }
        for (tree, sorted) in snapshots + [(tree, model.sorted)] { compare(tree, sorted, &random) }
    }

    private func compare(_ tree: ObjectTree, _ sorted: [StoredValue], _ random: inout SeededGenerator) {
        #expect(tree.count == sorted.count)
        var all: [StoredValue] = []
        tree.visit(from: .at("")) {
            all.append($0)
            return true
        }
        #expect(all == sorted)
        for _ in 0..<50 {
            let key = "/k/\(Int.random(in: 0..<6_000, using: &random))"
            #expect(tree.get(key) == sorted.first { $0.key == key })
            let before = sorted.prefix { KeyOrder.compare($0.key, key) < 0 }.count
            #expect(tree.rank(of: .at(key)) == before)
            let through = sorted.prefix { !KeyOrder.isBeyond($0.key, prefix: key) }.count
            #expect(tree.rank(of: .afterPrefix(key)) == through)
            var next: StoredValue?
            tree.visit(from: .at(key)) {
                next = $0
                return false
            }
            #expect(next == sorted.dropFirst(before).first)
        }
    }

    @Test("keys that arrive in order fill the leaves, in either direction nothing is lost")
    func ordered() {
        for numbers in [Array(10_000..<20_000), Array(10_000..<20_000).reversed()] {
            var tree = ObjectTree()
            for number in numbers {
                tree.put(StoredValue(key: "/\(number)", value: "", createRevision: 1, modRevision: Int64(number)))
            }
            #expect(tree.count == 10_000)
            #expect(tree.rank(of: .at("/15000")) == 5_000)
            for number in numbers { tree.remove("/\(number)") }
            #expect(tree.count == 0)
            tree.put(StoredValue(key: "/1", value: "", createRevision: 1, modRevision: 1))
            #expect(tree.get("/1") != nil)
        }
    }

    @Test("a stored value keeps no more memory than it needs, however large the buffer it came in")
    func exactBytes() {
        var request = ByteBuffer(repeating: 7, count: 1 << 20)
        request.moveReaderIndex(forwardBy: 1_000)
        let value = StoredBytes.kept(request.getSlice(at: 2_000, length: 1_100) ?? ByteBuffer())
        #expect(value.readableBytes == 1_100 && value.storageCapacity == 1_100)
        #expect(StoredBytes.kept(ByteBuffer()).readableBytes == 0)
    }
}
