import JSON
import TestKit
import Testing

@Suite struct JSONTests {
    @Test(
        "a compact document survives parsing and writing byte for byte",
        arguments: [
            "null", "true", "[]", "{}", "-0.5e+10", "123456789012345678901234567890", "9223372036854775807",
            #"{"b":1,"a":[1,2,{"x":null}],"c":"\"\\\n\t"}"#, #""日本語 🚢""#, #""\u0001""#,
        ])
    func roundTrip(_ text: String) throws {
        #expect(try JSON(parsing: text).text == text)
    }

    @Test(
        "what isn't JSON is refused with its place",
        arguments: [
            "", "{", "[1,", "[1,]", "{\"a\":}", "{\"a\" 1}", "{a:1}", "tru", "01", "1.", "1e", "-", "\"", "\"\\x\"",
            "\"\u{1}\"", "[1] 2", "{\"a\":1,}", "+1", "nul",
        ])
    func malformed(_ text: String) {
        #expect(throws: JSONError.self) { try JSON(parsing: text) }
    }

    @Test("deep nesting is refused, not followed")
    func depth() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: JSONError.self) { try JSON(parsing: deep) }
    }

    @Test("the last of two equal keys wins and order is kept, also in large objects")
    func keys() throws {
        let json = try JSON(parsing: #"{"z":1,"a":2,"z":3}"#)
        #expect(json.text == #"{"z":3,"a":2}"#)
        var large: JSON = [:]
        for number in 0..<100 { large["k\(number)"] = .int(Int64(number)) }
        large.remove("k50")
        #expect(large["k49"] == 49 && large["k50"].isNull && large["k99"] == 99)
        #expect(large.object?.names.first == "k0")
    }

    @Test("members that replace earlier ones are told of, with the place of their object")
    func duplicates() throws {
        var told: [JSON.Duplicate] = []
        let text = #"{"a":1,"b":[{"c":1},[{"d":1,"e":2,"d":3}]],"f":{"g":{"h":1,"h":2}},"a":4}"#
        let value = try JSON.parse(Array(text.utf8), duplicates: &told)
        let plain = try JSON(parsing: text)
        #expect(value["a"] == 4 && value == plain)
        #expect(
            told == [
                .init(object: "b[1][0]", name: "d", position: 2), .init(object: "f.g", name: "h", position: 1),
                .init(object: "", name: "a", position: 3),
            ])
        let many = "{" + (0..<1_000).map { _ in "\"a\":1" }.joined(separator: ",") + "}"
        _ = try JSON.parse(Array(many.utf8), duplicates: &told)
        #expect(told.count == JSON.maximumDuplicates)
        _ = try JSON.parse(Array("[{},{}]".utf8), duplicates: &told)
        #expect(told.isEmpty)
    }

    @Test("surrogates: pairs become one scalar, lone ones the replacement character")
    func surrogates() throws {
        #expect(try JSON(parsing: #""\ud83d\udea2""#) == "🚢")
        #expect(try JSON(parsing: #""\ud83dx""#) == "\u{FFFD}x")
        #expect(try JSON(parsing: #""\udea2""#) == "\u{FFFD}")
    }

    @Test("paths read and write through objects that aren't there")
    func paths() {
        var json: JSON = nil
        json["a", "b", "c"] = "x"
        #expect(json.text == #"{"a":{"b":{"c":"x"}}}"#)
        #expect(json["a", "nope", "c"].isNull)
    }

    @Test("a change in place leaves copies as they were, in small and large objects", arguments: [3, 60])
    func changeInPlace(_ count: Int) throws {
        var json = JSON.object(JSONObject())
        for at in 0..<count { json["list"]["key\(at)"] = .init(at) }
        let copy = json
        json["list"]["key1"] = "changed"
        json["list"]["new", "deep"] = true
        json["list"].remove("key0")
        json["list"].remove("nobody")
        #expect(copy["list"].object?.count == count)
        #expect(copy["list"]["key1"] == 1)
        #expect(json["list"].object?.count == count)
        #expect(json["list"]["key0"].isNull && json["list"]["key1"] == "changed" && json["list"]["new", "deep"] == true)
        for at in 2..<count { #expect(json["list"]["key\(at)"] == JSON(at)) }
    }

    @Test("integers are read exactly, to the last digit")
    func integers() throws {
        for text in ["0", "-1", "123456789012345678", "-123456789012345678", "\(Int64.max)", "\(Int64.min)"] {
            #expect(try JSON(parsing: text) == .int(try #require(Int64(text))))
        }
        #expect(try JSON(parsing: "9223372036854775808") == .number("9223372036854775808"))
        #expect(try JSON(parsing: "-0") == .int(0))
    }

    @Test("HTML characters and line separators are escaped as Go's encoder does")
    func escaping() {
        let json: JSON = "a<b>&\u{2028}"
        #expect(String(decoding: json.bytes(escapeHTML: true), as: UTF8.self) == #""a\u003cb\u003e\u0026\u2028""#)
        #expect(json.text == #""a<b>&\u2028""#)
    }

    @Test("pretty printing is Go's MarshalIndent")
    func pretty() throws {
        let json = try JSON(parsing: #"{"a":[1,2],"b":{},"c":[]}"#)
        #expect(json.pretty() == "{\n    \"a\": [\n        1,\n        2\n    ],\n    \"b\": {},\n    \"c\": []\n}")
    }

    @Test("random bytes never crash the parser, and what it takes it writes again", arguments: Fuzz.seeds(10))
    func fuzz(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array(#"{}[]",:0123456789.eE+-truefalsn\u "#.utf8) + [0xC3, 0x28, 0xFF, 0]
        for _ in 0..<2_000 {
            let bytes = (0..<Int.random(in: 0..<40, using: &generator)).map { _ in
                alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
            }
            guard let json = try? JSON(parsing: bytes) else { continue }
            #expect((try? JSON(parsing: json.bytes())) == json)
        }
    }
}
