import JSON
import Testing

@testable import KubeModel

@Suite struct ObjectEqualityTests {
    private func object(_ version: String, _ time: String, _ value: String = "x") -> JSON {
        [
            "kind": "T",
            "metadata": [
                "name": "a", "resourceVersion": .string(version),
                "managedFields": [["manager": "m", "time": .string(time)]],
            ], "spec": ["v": .string(value)],
        ]
    }

    @Test("a write that differs in its resourceVersion alone changes nothing")
    func unchanged() {
        #expect(ObjectEquality.isUnchanged(object("1", "t"), object("2", "t")))
        #expect(!ObjectEquality.isUnchanged(object("1", "t"), object("1", "u")))
        #expect(ObjectEquality.hasSameContent(object("1", "t"), object("2", "u")))
        #expect(!ObjectEquality.hasSameContent(object("1", "t"), object("1", "t", "y")))
        var less = object("1", "t")
        less["metadata"].remove("resourceVersion")
        #expect(ObjectEquality.isUnchanged(less, object("1", "t")))
        less["metadata", "labels"] = ["a": "b"]
        #expect(!ObjectEquality.isUnchanged(less, object("1", "t")))
    }

    @Test("new times alone are not kept")
    func times() {
        let old = object("1", "t")
        #expect(ObjectEquality.keepingTimes(object("1", "u"), old) == old)
        let changed = object("1", "u", "y")
        #expect(ObjectEquality.keepingTimes(changed, old) == changed)
    }
}
