import JSON
import Testing

@testable import KubeModel

@Suite struct JSONPatchTests {
    private static let rejected = "!the server rejected our request due to an error in our request"

    static let cases: [PatchCase] = [
        .init("add a member", "{'a':1}", "[{'op':'add','path':'/b','value':2}]", "{'a':1,'b':2}"),
        .init("add replaces", "{'a':1}", "[{'op':'add','path':'/a','value':2}]", "{'a':2}"),
        .init("add below", "{'a':{'b':{}}}", "[{'op':'add','path':'/a/b/c','value':[]}]", "{'a':{'b':{'c':[]}}}"),
        .init("add into a list", "{'a':[1,3]}", "[{'op':'add','path':'/a/1','value':2}]", "{'a':[1,2,3]}"),
        .init("add at a list's end", "{'a':[1]}", "[{'op':'add','path':'/a/-','value':2}]", "{'a':[1,2]}"),
        .init("add at the length", "{'a':[1]}", "[{'op':'add','path':'/a/1','value':2}]", "{'a':[1,2]}"),
        .init("add past the end", "{'a':[1]}", "[{'op':'add','path':'/a/2','value':2}]", rejected),
        .init("add before the last", "{'a':[1,2]}", "[{'op':'add','path':'/a/-1','value':3}]", "{'a':[1,2,3]}"),
        .init("add where nothing is", "{}", "[{'op':'add','path':'/a/b','value':2}]", rejected),
        .init("add below a scalar", "{'a':1}", "[{'op':'add','path':'/a/b','value':2}]", rejected),
        .init("add without a value", "{}", "[{'op':'add','path':'/a'}]", "{'a':null}"),
        .init("add at a bad index", "{'a':[]}", "[{'op':'add','path':'/a/x','value':2}]", rejected),
        .init("add without a path", "{}", "[{'op':'add','value':2}]", rejected),
        .init("add without a slash", "{}", "[{'op':'add','path':'a','value':2}]", rejected),
        .init("escapes", "{'a/b':{'~':1}}", "[{'op':'replace','path':'/a~1b/~0','value':2}]", "{'a/b':{'~':2}}"),
        .init("escape of an escape", "{'~1':1}", "[{'op':'remove','path':'/~01'}]", "{}"),
        .init("empty name", "{'':1}", "[{'op':'remove','path':'/'}]", "{}"),
        .init("remove", "{'a':1,'b':2}", "[{'op':'remove','path':'/a'}]", "{'b':2}"),
        .init("remove an element", "{'a':[1,2,3]}", "[{'op':'remove','path':'/a/1'}]", "{'a':[1,3]}"),
        .init("remove the last", "{'a':[1,2,3]}", "[{'op':'remove','path':'/a/-1'}]", "{'a':[1,2]}"),
        .init("remove what isn't there", "{}", "[{'op':'remove','path':'/a'}]", rejected),
        .init("remove past the end", "{'a':[1]}", "[{'op':'remove','path':'/a/1'}]", rejected),
        .init("replace", "{'a':1}", "[{'op':'replace','path':'/a','value':{'b':2}}]", "{'a':{'b':2}}"),
        .init("replace an element", "{'a':[1,2]}", "[{'op':'replace','path':'/a/0','value':3}]", "{'a':[3,2]}"),
        .init("replace what isn't there", "{}", "[{'op':'replace','path':'/a','value':1}]", rejected),
        .init("replace all", "{'a':1}", "[{'op':'replace','path':'','value':{'b':1}}]", "{'b':1}"),
        .init("replace all by a scalar", "{'a':1}", "[{'op':'replace','path':'','value':1}]", rejected),
        .init("move", "{'a':{'b':1}}", "[{'op':'move','from':'/a/b','path':'/c'}]", "{'a':{},'c':1}"),
        .init("move in a list", "{'a':[1,2,3]}", "[{'op':'move','from':'/a/0','path':'/a/2'}]", "{'a':[2,3,1]}"),
        .init("move what isn't there", "{}", "[{'op':'move','from':'/a','path':'/b'}]", rejected),
        .init("copy", "{'a':{'b':1}}", "[{'op':'copy','from':'/a','path':'/c'}]", "{'a':{'b':1},'c':{'b':1}}"),
        .init("copy what isn't there", "{}", "[{'op':'copy','from':'/a','path':'/b'}]", "{'b':null}"),
        .init("copy from where nothing is", "{}", "[{'op':'copy','from':'/a/b','path':'/c'}]", rejected),
        .init(
            "test", "{'a':[1,{'b':'x'}]}", "[{'op':'test','path':'/a','value':[1,{'b':'x'}]}]", "{'a':[1,{'b':'x'}]}"),
        .init("failing test", "{'a':1}", "[{'op':'test','path':'/a','value':2}]", rejected),
        .init("test that nothing is there", "{}", "[{'op':'test','path':'/a','value':null}]", "{}"),
        .init("test all", "{'a':1}", "[{'op':'test','path':'','value':{'a':1}}]", "{'a':1}"),
        .init(
            "nothing done when a later operation fails", "{'a':1}",
            "[{'op':'add','path':'/b','value':1},{'op':'test','path':'/a','value':2}]", rejected),
        .init(
            "operations in order", "{}",
            "[{'op':'add','path':'/a','value':[]},{'op':'add','path':'/a/0','value':1},{'op':'add','path':'/a/0','value':0}]",
            "{'a':[0,1]}"),
        .init("unknown operation", "{}", "[{'op':'sort','path':'/a'}]", rejected),
        .init("no operation", "{'a':1}", "[]", "{'a':1}"),
        .init(
            "no list", "{}", "{'op':'add'}",
            "!error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"),
        .init(
            "no objects", "{}", "[1]",
            "!error decoding patch: json: cannot unmarshal number into Go value of type handlers.jsonPatchOp"),
    ]

    @Test("operations act as in the API server", arguments: cases)
    func table(_ row: PatchCase) throws {
        try row.check { try JSONPatch($1).apply(to: $0) }
    }

    @Test("too many operations are refused with 413")
    func operationLimit() throws {
        let one = try json("{'op':'test','path':'/a','value':null}")
        let error = #expect(throws: APIStatus.self) {
            _ = try JSONPatch(.array(Array(repeating: one, count: JSONPatch.operationLimit + 1)))
        }
        #expect(error?.code == 413)
        #expect(
            error?.message
                == "Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001")
    }

    @Test("copies can't make a document explode")
    func copyLimit() throws {
        let text = String(repeating: "x", count: 1_000)
        let document: JSON = ["a": ["b": .string(text)]]
        var copies: [JSON] = []
        for at in 0..<40 { copies.append(["op": "copy", "from": "/a", "path": .string("/a/c\(at)")]) }
        let error = #expect(throws: JSONPatch.Failure.self) {
            _ = try JSONPatch(.array(copies)).applied(to: document)
        }
        #expect(
            error?.description.hasPrefix("Unable to complete the copy, the accumulated size increase of copy is")
                == true)
    }

    @Test("members that no operation has are named for field validation")
    func unknownFields() throws {
        let patch = try JSONPatch(try json("[{'op':'add','path':'/a','value':1,'foo':1}]"))
        #expect(patch.unknownFields == ["json patch unknown field \"[0].foo\""])
    }

    @Test("the reason of a failure is kept for the log")
    func reasons() throws {
        let reason = { (document: String, patch: String) -> String? in
            let patch = try JSONPatch(try json(patch))
            let document = try json(document)
            return #expect(throws: JSONPatch.Failure.self) { _ = try patch.applied(to: document) }?.description
        }
        #expect(
            try reason("{}", "[{'op':'remove','path':'/a'}]")
                == "error in remove for path: '/a': Unable to remove nonexistent key: a: missing value")
        #expect(
            try reason("{}", "[{'op':'replace','path':'/a','value':1}]")
                == "replace operation does not apply: doc is missing key: /a: missing value")
        #expect(
            try reason("{'a':[]}", "[{'op':'add','path':'/a/x','value':1}]")
                == "error in add for path: '/a/x': value was not a proper array index: 'x': strconv.Atoi: parsing "
                + "\"x\": invalid syntax")
        #expect(
            try reason("{'a':1}", "[{'op':'test','path':'/a','value':2}]")
                == "testing value /a failed: test failed")
    }
}

@Suite struct MergePatchTests {
    static let cases: [PatchCase] = [
        .init("set", "{'a':1}", "{'a':2,'b':3}", "{'a':2,'b':3}"),
        .init("remove", "{'a':1,'b':2}", "{'a':null}", "{'b':2}"),
        .init("remove what isn't there", "{'a':1}", "{'b':null}", "{'a':1}"),
        .init("merge below", "{'a':{'b':1,'c':2}}", "{'a':{'b':3,'c':null}}", "{'a':{'b':3}}"),
        .init("lists are replaced", "{'a':[1,2]}", "{'a':[3]}", "{'a':[3]}"),
        .init("an object for a scalar", "{'a':1}", "{'a':{'b':null,'c':1}}", "{'a':{'c':1}}"),
        .init("a scalar for an object", "{'a':{'b':1}}", "{'a':1}", "{'a':1}"),
        .init("nulls in new parts are dropped", "{}", "{'a':{'b':null,'c':{'d':null}}}", "{'a':{'c':{}}}"),
        .init("nulls in lists stay", "{}", "{'a':[null,{'b':null}]}", "{'a':[null,{}]}"),
        .init("an object for null", "{'a':null}", "{'a':{'b':1}}", "{'a':{'b':1}}"),
        .init("empty", "{'a':1}", "{}", "{'a':1}"),
        .init(
            "a list", "{}", "[]",
            "!error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}"),
        .init(
            "a scalar", "{}", "1",
            "!error decoding patch: json: cannot unmarshal number into Go value of type map[string]interface {}"),
    ]

    @Test("members are set, merged and removed", arguments: cases)
    func table(_ row: PatchCase) throws {
        try row.check { try MergePatch.apply($1, to: $0) }
    }
}
