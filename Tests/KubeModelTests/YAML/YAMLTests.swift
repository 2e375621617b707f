import JSON
import Testing

@testable import KubeModel

@Suite("YAML")
struct YAMLTests {
    func parse(_ text: String) throws -> JSON { try YAML.parse(Array(text.utf8)).value }

    static let scalars: [(text: String, json: String)] = [
        ("yes", "true"), ("On", "true"), ("y", "true"), ("no", "false"), ("OFF", "false"), ("N", "false"),
        ("true", "true"), ("tRUE", #""tRUE""#), ("~", "null"), ("Null", "null"), ("", "null"), ("'yes'", #""yes""#),
        ("\"null\"", #""null""#), ("1", "1"), ("-12", "-12"), ("+12", "12"), ("010", "8"), ("08", "8"), ("0o17", "15"),
        ("0x1F", "31"), ("-0x10", "-16"), ("0b101", "5"), ("1_000", "1000"), ("1.5", "1.5"), (".5", "0.5"),
        ("1e3", "1000"), ("1e-7", "1e-7"), ("1.", "1"), (".", #"".""#), ("1.2.3", #""1.2.3""#), ("12:30", #""12:30""#),
        ("9223372036854775807", "9223372036854775807"), ("9223372036854775808", "9223372036854775808"),
        ("18446744073709551616", "18446744073709552000"), ("2026-01-02", #""2026-01-02""#),
        ("2026-01-02T03:04:05Z", #""2026-01-02T03:04:05Z""#), ("!!str 12", #""12""#), ("!!int '12'", "12"),
        ("!!float 3", "3"), ("!custom 12", #""12""#), ("! 12", #""12""#), ("!!binary aGk=", #""hi""#),
        ("1m", #""1m""#), ("-", "[null]"), ("|\n  a\n  b\n", #""a\nb\n""#), (">-\n  a\n  b\n", #""a b""#),
        (".inf", #"".inf""#), ("0.1", "0.1"), ("100000000.5", "100000000.5"),
    ]

    @Test("scalars mean what they mean to the original", arguments: scalars)
    func scalar(_ text: String, _ json: String) throws { #expect(try parse(text).text == json) }

    static let documents: [(text: String, json: String)] = [
        ("a: 1\nb:\n- x\n- y: z\n", #"{"a":1,"b":["x",{"true":"z"}]}"#),
        ("b: 1\na: 2\n", #"{"a":2,"b":1}"#),
        (#"{"a": [1, "2", null], "b": {"c": true}}"#, #"{"a":[1,"2",null],"b":{"c":true}}"#),
        ("1: a\ntrue: b\n1.5: c\nno: d\n", #"{"1":"a","1.5":"c","false":"d","true":"b"}"#),
        ("base: &b {x: 1, z: 2}\nnew:\n  <<: *b\n  z: 3\n", #"{"base":{"x":1,"z":2},"new":{"x":1,"z":3}}"#),
        (
            "a: &a {x: 1}\nb: &b {x: 2, z: 2}\nc:\n  <<: [*a, *b]\n",
            #"{"a":{"x":1},"b":{"x":2,"z":2},"c":{"x":1,"z":2}}"#
        ),
        ("a: &x 1\nb: *x\nc: &x 2\nd: *x\n", #"{"a":1,"b":1,"c":2,"d":2}"#), ("'<<': 1\n", #"{"<<":1}"#),
        ("", "null"), ("# nothing\n", "null"), ("---\na: 1\n---\nb: 2\n", #"{"a":1}"#), ("a:\n", #"{"a":null}"#),
        ("%YAML 1.1\n---\na: 1\n...\n", #"{"a":1}"#), ("? a\n: 1\n", #"{"a":1}"#), ("é: \"\\u00e9\"\n", #"{"é":"é"}"#),
    ]

    @Test("documents mean what they mean to the original", arguments: documents)
    func document(_ text: String, _ json: String) throws { #expect(try parse(text).text == json) }

    static let faults: [(text: String, message: String)] = [
        ("a: b: c\n", "yaml: mapping values are not allowed in this context"),
        ("x: 1\na: b: c\n", "yaml: line 2: mapping values are not allowed in this context"),
        ("a: [1, 2\n", "yaml: line 1: did not find expected ',' or ']'"),
        ("a: 1\n b: 2\n", "yaml: line 2: mapping values are not allowed in this context"),
        ("\ta: 1\n", "yaml: found character that cannot start any token"),
        ("a: *nothing\n", "yaml: unknown anchor 'nothing' referenced"),
        ("a: &a [*a]\n", "yaml: anchor 'a' value contains itself"),
        ("<<: 1\n", "yaml: map merge requires map or sequence of maps as the value"),
        ("!!int x\n", "yaml: cannot decode !!str `x` as a !!int"),
        ("\u{01}", "yaml: control characters are not allowed"),
        ("a: !!binary '*'\n", "yaml: !!binary value contains invalid base64 data"),
    ]

    @Test("what is no YAML is refused in the original's words", arguments: faults)
    func fault(_ text: String, _ message: String) {
        let error = #expect(throws: YAMLError.self) { try parse(text) }
        #expect(error?.description == message)
    }

    @Test("keys that are set twice are told of, and the last one counts")
    func duplicates() throws {
        let document = try YAML.parse(Array("a: 1\nb: {c: 1, c: 2}\na: 3\n".utf8))
        #expect(document.value.text == #"{"a":3,"b":{"c":2}}"#)
        #expect(
            document.duplicates?.description
                == "yaml: unmarshal errors:\n  line 2: key \"c\" already set in map\n"
                + "  line 3: key \"a\" already set in map")
        #expect(try YAML.parse(Array("a: 1".utf8)).duplicates == nil)
    }

    @Test("streams give each of their documents")
    func stream() throws {
        let values = try YAML.documents(Array("a: 1\n---\n---\n- b\n...\n---\nc\n".utf8)).map(\.value.text)
        #expect(values == [#"{"a":1}"#, "null", #"["b"]"#, #""c""#])
    }

    @Test("aliases that multiply are refused, quickly")
    func aliasBomb() {
        var bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
        for level in 1..<60 {
            let uses = [String](repeating: "*a\(level - 1)", count: 10).joined(separator: ",")
            bomb += "a\(level): &a\(level) [\(uses)]\n"
        }
        let error = #expect(throws: YAMLError.self) { try parse(bomb) }
        #expect(error?.description == "yaml: document contains excessive aliasing")
    }

    @Test("deep nesting is refused, not followed", arguments: ["[", "{a: ", "- ", "? "])
    func nesting(_ opening: String) {
        #expect(throws: YAMLError.self) { try parse(String(repeating: opening, count: 100_000)) }
    }

    static let written: [(json: String, yaml: String)] = [
        (#"{"b":1,"a":[1,{"x":"y","z":[]}],"c":{}}"#, "a:\n- 1\n- x: \"y\"\n  z: []\nb: 1\nc: {}\n"),
        (
            #"{"a":"","b":"yes","c":"1","d":"null","e":"2026-01-02T03:04:05Z","f":"1.5","g":"x y"}"#,
            "a: \"\"\nb: \"yes\"\nc: \"1\"\nd: \"null\"\ne: \"2026-01-02T03:04:05Z\"\nf: \"1.5\"\ng: x y\n"
        ),
        (#"{"a":"line 1\nline 2\n","b":"x\ny"}"#, "a: |\n  line 1\n  line 2\nb: |-\n  x\n  y\n"),
        (
            ##"{"a":": x","b":"# c","c":"a: b","d":"- e","e":"@x","f":"a # b","g":"*x","h":"a:"}"##,
            "a: ': x'\nb: '# c'\nc: 'a: b'\nd: '- e'\ne: '@x'\nf: 'a # b'\ng: '*x'\nh: 'a:'\n"
        ),
        (#"{"a10":1,"a9":2,"a-b":3,"ab":4,"a/b":5}"#, "a-b: 3\na/b: 5\na9: 2\na10: 1\nab: 4\n"),
        (#"[true,null,1.5,1e21,100000000.0,-3]"#, "- true\n- null\n- 1.5\n- 1e+21\n- 1e+08\n- -3\n"),
        (#"{"t":"190:20:30","u":"12:70","v":"12e3"}"#, "t: \"190:20:30\"\nu: 12:70\nv: \"12e3\"\n"),
        (#""a""#, "a\n"), ("null", "null\n"), ("{}", "{}\n"), (#"{"é":"\u0007"}"#, "é: \"\\a\"\n"),
    ]

    @Test("values are written as the original writes them", arguments: written)
    func write(_ json: String, _ yaml: String) throws {
        let value = try JSON(parsing: json)
        #expect(String(decoding: YAML.write(value), as: UTF8.self) == yaml)
        #expect(try parse(yaml) == value || json.contains("e21"))
    }

    @Test("long text is folded at eighty columns, and read back")
    func folding() throws {
        let words = [String](repeating: "word", count: 40).joined(separator: " ")
        let yaml = String(decoding: YAML.write(["a": .string(words)]), as: UTF8.self)
        #expect(yaml.split(separator: "\n").count > 1)
        #expect(try parse(yaml) == ["a": .string(words)])
    }
}
