import JSON
import TestKit
import Testing

@testable import KubeModel

@Suite struct FieldSetTests {
    @Test(
        "fieldsV1 is read and written in canonical order",
        arguments: [
            ("{}", "{}"), ("{'f:a':{}}", "{'f:a':{}}"), ("{'f:b':{},'f:a':{}}", "{'f:a':{},'f:b':{}}"),
            ("{'f:a':{'f:b':{},'.':{}}}", "{'f:a':{'.':{},'f:b':{}}}"), ("{'f:a':{'.':{}}}", "{'f:a':{}}"),
            (
                "{'i:1':{},'v:2':{},'v:10':{},'k:{~name~:~x~}':{},'f:z':{}}",
                "{'f:z':{},'k:{~name~:~x~}':{},'v:2':{},'v:10':{},'i:1':{}}"
            ),
            ("{'k:{~b~:1,~a~:~x~}':{'f:c':{}}}", "{'k:{~a~:~x~,~b~:1}':{'f:c':{}}}"),
            ("{'v:true':{},'v:~s~':{},'v:1':{},'v:null':{}}", "{'v:1':{},'v:~s~':{},'v:true':{},'v:null':{}}"),
            ("{'k:{~a~:1}':{'f:x':{}},'k:{ ~a~:1}':{'f:y':{}}}", "{'k:{~a~:1}':{'f:x':{},'f:y':{}}}"),
            ("{'f:a:b':{}}", "{'f:a:b':{}}"), ("{'f:':{}}", "{'f:':{}}"),
        ])
    func forms(_ text: String, _ canonical: String) throws {
        func read(_ text: String) throws -> JSON {
            try JSON(parsing: json(text).text.replacing("~", with: "\\\""))
        }
        #expect(try FieldSet(fieldsV1: read(text)).fieldsV1.text == read(canonical).text)
    }

    @Test(
        "what is no fieldsV1 is refused",
        arguments: ["[]", "{'a':{}}", "{'f:a':1}", "{'x:a':{}}", "{'k:1':{}}", "{'v:':{}}", "{'i:x':{}}", "{'':{}}"])
    func refused(_ text: String) {
        #expect(throws: FieldSet.Malformed.self) { try FieldSet(fieldsV1: json(text)) }
    }

    private func random(_ generator: inout SeededGenerator) -> FieldSet {
        var set = FieldSet()
        for _ in 0..<Int.random(in: 0...8, using: &generator) {
            let path = (0..<Int.random(in: 1...3, using: &generator)).map { _ -> PathElement in
                let number = Int64.random(in: 0...2, using: &generator)
                return switch Int.random(in: 0...3, using: &generator) {
                case 0, 1: .field("f\(number)")
                case 2: .key([.init("k", .int(number))])
                default: .value(.int(number))
                }
            }
            set.insert(path)
        }
        return set
    }

    @Test("sets obey the laws of sets, and come back from JSON", arguments: Fuzz.seeds(4))
    func laws(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let (a, b) = (random(&generator), random(&generator))
            #expect(try FieldSet(fieldsV1: a.fieldsV1) == a)
            #expect(a.union(b) == b.union(a))
            #expect(a.subtracting(b).union(a.intersection(b)) == a)
            #expect(a.subtracting(b).isDisjoint(with: b))
            #expect(a.isDisjoint(with: b) == a.intersection(b).isEmpty)
            #expect(a.subtractingRecursively(a).isEmpty)
            #expect(a.subtracting(b).count + a.intersection(b).count == a.count)
            #expect(Set(a.paths) == Set(a.union(b).paths).subtracting(Set(b.subtracting(a).paths)))
            for path in a.paths { #expect(a.contains(path)) }
        }
    }
}
