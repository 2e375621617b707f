/// Own cases for server-side apply, on `SmallType`.
enum ApplyCases {
    private static let conflict = "Apply failed with 1 conflict: conflict with "

    static let leaves: [ApplyCase] = [
        .init("create", [.apply("a", "{'s':'x','n':1}")], "{'s':'x','n':1}", "apply a: .n .s"),
        .init("apply nothing", [.apply("a", "{}")], "{}", ""),
        .init("apply again", [.apply("a", "{'s':'x'}"), .apply("a", "{'s':'x'}")], "{'s':'x'}", "apply a: .s"),
        .init("change", [.apply("a", "{'s':'x'}"), .apply("a", "{'s':'y'}")], "{'s':'y'}", "apply a: .s"),
        .init("remove", [.apply("a", "{'s':'x','n':1}"), .apply("a", "{'s':'x'}")], "{'s':'x'}", "apply a: .s"),
        .init("remove all", [.apply("a", "{'s':'x'}"), .apply("a", "{}")], "{}", ""),
        .init("add", [.apply("a", "{'s':'x'}"), .apply("a", "{'s':'x','n':1}")], "{'s':'x','n':1}", "apply a: .n .s"),
        .init(
            "two managers", [.apply("a", "{'s':'x'}"), .apply("b", "{'n':1}")], "{'s':'x','n':1}",
            "apply a: .s; apply b: .n"),
        .init(
            "same value shared", [.apply("a", "{'s':'x'}"), .apply("b", "{'s':'x'}")], "{'s':'x'}",
            "apply b: .s; apply a: .s"),
        .init(
            "shared field stays when one lets go",
            [.apply("a", "{'s':'x'}"), .apply("b", "{'s':'x'}"), .apply("a", "{}")], "{'s':'x'}", "apply b: .s"),
        .init(
            "shared field goes when both let go",
            [.apply("a", "{'s':'x'}"), .apply("b", "{'s':'x'}"), .apply("a", "{}"), .apply("b", "{}")], "{}", ""),
        .init(
            "conflict", [.apply("a", "{'s':'x'}"), .apply("b", "{'s':'y'}")], "{'s':'x'}", "apply a: .s",
            failure: conflict + "\"a\": .s"),
        .init(
            "force", [.apply("a", "{'s':'x','n':1}"), .force("b", "{'s':'y'}")], "{'s':'y','n':1}",
            "apply a: .n; apply b: .s"),
        .init("force takes all", [.apply("a", "{'s':'x'}"), .force("b", "{'s':'y'}")], "{'s':'y'}", "apply b: .s"),
        .init(
            "no conflict with oneself",
            [.apply("a", "{'s':'x'}"), .update("a", "{'s':'y'}"), .apply("a", "{'s':'z'}")],
            "{'s':'y'}", "update a: .s", failure: conflict + "\"a\" using t.io/v1: .s"),
        .init(
            "conflicts of one manager", [.apply("a", "{'s':'x','n':1}"), .apply("b", "{'s':'y','n':2}")],
            "{'s':'x','n':1}", "apply a: .n .s",
            failure: "Apply failed with 2 conflicts: conflicts with \"a\":\n- .n\n- .s"),
        .init(
            "conflicts of two managers",
            [.apply("a", "{'s':'x'}"), .apply("b", "{'n':1}"), .apply("c", "{'s':'y','n':2}")], "{'s':'x','n':1}",
            "apply a: .s; apply b: .n",
            failure: "Apply failed with 2 conflicts: conflicts with \"a\":\n- .s\nconflicts with \"b\":\n- .n"),
        .init(
            "number and text", [.apply("a", "{'q':1}"), .apply("b", "{'q':'1'}")], "{'q':1}", "apply a: .q",
            failure: conflict + "\"a\": .q"),
        .init(
            "number in two forms", [.apply("a", "{'n':1}"), .apply("b", "{'n':1.0}")], "{'n':1.0}",
            "apply b: .n; apply a: .n"),
        .init("null is owned", [.apply("a", "{'s':null}")], "{}", "apply a: .s"),
        .init("null removes", [.apply("a", "{'s':'x'}"), .apply("a", "{'s':null}")], "{}", "apply a: .s"),
        .init(
            "null conflicts", [.apply("a", "{'s':'x'}"), .apply("b", "{'s':null}")], "{'s':'x'}", "apply a: .s",
            failure: conflict + "\"a\": .s"),
        .init(
            "false is a value", [.apply("a", "{'f':false}"), .apply("b", "{'f':true}")], "{'f':false}", "apply a: .f",
            failure: conflict + "\"a\": .f"),
        .init("unnamed manager", [.apply("", "{'s':'x'}")], "{'s':'x'}", "apply unknown: .s"),
    ]

    static let objects: [ApplyCase] = [
        .init(
            "members", [.apply("a", "{'o':{'a':'1'}}"), .apply("b", "{'o':{'b':'2'}}")], "{'o':{'a':'1','b':'2'}}",
            "apply a: .o.a; apply b: .o.b"),
        .init(
            "member removed", [.apply("a", "{'o':{'a':'1','b':'2'}}"), .apply("a", "{'o':{'a':'1'}}")],
            "{'o':{'a':'1'}}", "apply a: .o.a"),
        .init(
            "object removed with its last member", [.apply("a", "{'s':'x','o':{'a':'1'}}"), .apply("a", "{'s':'x'}")],
            "{'s':'x'}", "apply a: .s"),
        .init(
            "object stays for another's member",
            [.apply("a", "{'o':{'a':'1'}}"), .apply("b", "{'o':{'b':'2'}}"), .apply("a", "{}")], "{'o':{'b':'2'}}",
            "apply b: .o.b"),
        .init("empty object is owned", [.apply("a", "{'o':{}}")], "{'o':{}}", "apply a: .o"),
        .init(
            "empty object does not empty", [.apply("a", "{'o':{'a':'1'}}"), .apply("b", "{'o':{}}")],
            "{'o':{'a':'1'}}", "apply b: .o; apply a: .o.a"),
        .init(
            "map entries", [.apply("a", "{'m':{'x':'1'}}"), .apply("b", "{'m':{'y':'2'}}")], "{'m':{'x':'1','y':'2'}}",
            "apply a: .m.x; apply b: .m.y"),
        .init(
            "map entry removed", [.apply("a", "{'m':{'x':'1','y':'2'}}"), .apply("a", "{'m':{'y':'2'}}")],
            "{'m':{'y':'2'}}", "apply a: .m.y"),
        .init(
            "map conflict", [.apply("a", "{'m':{'x':'1'}}"), .apply("b", "{'m':{'x':'2'}}")], "{'m':{'x':'1'}}",
            "apply a: .m.x", failure: conflict + "\"a\": .m.x"),
        .init(
            "map of objects owns its entries", [.apply("a", "{'mo':{'x':{'a':'1'}}}")], "{'mo':{'x':{'a':'1'}}}",
            "apply a: .mo.x .mo.x.a"),
        .init(
            "map of objects shares an entry",
            [.apply("a", "{'mo':{'x':{'a':'1'}}}"), .apply("b", "{'mo':{'x':{'b':'2'}}}")],
            "{'mo':{'x':{'a':'1','b':'2'}}}", "apply a: .mo.x .mo.x.a; apply b: .mo.x .mo.x.b"),
        .init(
            "entry stays while one has it",
            [.apply("a", "{'mo':{'x':{'a':'1'}}}"), .apply("b", "{'mo':{'x':{'b':'2'}}}"), .apply("a", "{}")],
            "{'mo':{'x':{'b':'2'}}}", "apply b: .mo.x .mo.x.b"),
        .init(
            "atomic object", [.apply("a", "{'ao':{'a':'1'}}"), .apply("b", "{'ao':{'b':'2'}}")], "{'ao':{'a':'1'}}",
            "apply a: .ao", failure: conflict + "\"a\": .ao"),
        .init(
            "atomic object replaced", [.apply("a", "{'ao':{'a':'1','b':'2'}}"), .apply("a", "{'ao':{'b':'2'}}")],
            "{'ao':{'b':'2'}}", "apply a: .ao"),
        .init(
            "atomic object shared", [.apply("a", "{'ao':{'a':'1'}}"), .apply("b", "{'ao':{'a':'1'}}")],
            "{'ao':{'a':'1'}}", "apply b: .ao; apply a: .ao"),
        .init("atomic map removed", [.apply("a", "{'am':{'x':'1'}}"), .apply("a", "{}")], "{}", ""),
        .init(
            "atomic map forced", [.apply("a", "{'am':{'x':'1'}}"), .force("b", "{'am':{'y':'1'}}")], "{'am':{'y':'1'}}",
            "apply b: .am"),
        .init(
            "raw is atomic", [.apply("a", "{'raw':{'x':{'y':1}}}"), .apply("b", "{'raw':{'z':1}}")],
            "{'raw':{'x':{'y':1}}}", "apply a: .raw", failure: conflict + "\"a\": .raw"),
        .init("raw scalar", [.apply("a", "{'raw':5}"), .apply("a", "{'raw':[1]}")], "{'raw':[1]}", "apply a: .raw"),
        .init(
            "open is granular", [.apply("a", "{'open':{'x':{'y':1}}}"), .apply("b", "{'open':{'x':{'z':2}}}")],
            "{'open':{'x':{'y':1,'z':2}}}", "apply a: .open.x .open.x.y; apply b: .open.x .open.x.z"),
        .init(
            "open lists are atomic",
            [.apply("a", "{'open':{'x':[{'name':'1'}]}}"), .apply("a", "{'open':{'x':[{'name':'2'}]}}")],
            "{'open':{'x':[{'name':'2'}]}}", "apply a: .open.x"),
        .init(
            "open changes its shape", [.apply("a", "{'open':{'x':1}}"), .force("a", "{'open':{'x':{'y':1}}}")],
            "{'open':{'x':{'y':1}}}", "apply a: .open.x .open.x.y"),
        .init(
            "labels",
            [.apply("a", "{'metadata':{'labels':{'x':'1'}}}"), .apply("b", "{'metadata':{'labels':{'y':'2'}}}")],
            "{'metadata':{'labels':{'x':'1','y':'2'}}}", "apply a: .metadata.labels.x; apply b: .metadata.labels.y"),
        .init(
            "nobody owns the name", [.apply("a", "{'metadata':{'name':'n','resourceVersion':'5'},'s':'x'}")],
            "{'metadata':{'name':'n','resourceVersion':'5'},'s':'x'}", "apply a: .s"),
    ]

    static let sets: [ApplyCase] = [
        .init("elements", [.apply("a", "{'set':['x','y']}")], "{'set':['x','y']}", #"apply a: .set[="x"] .set[="y"]"#),
        .init(
            "joined", [.apply("a", "{'set':['x']}"), .apply("b", "{'set':['y']}")], "{'set':['x','y']}",
            #"apply a: .set[="x"]; apply b: .set[="y"]"#),
        .init(
            "element removed", [.apply("a", "{'set':['x','y']}"), .apply("a", "{'set':['y']}")], "{'set':['y']}",
            #"apply a: .set[="y"]"#),
        .init(
            "shared element stays",
            [.apply("a", "{'set':['x']}"), .apply("b", "{'set':['x','y']}"), .apply("a", "{}")],
            "{'set':['x','y']}", #"apply b: .set[="x"] .set[="y"]"#),
        .init(
            "all removed", [.apply("a", "{'s':'x','set':['x']}"), .apply("a", "{'s':'x','set':[]}")], "{'s':'x'}",
            "apply a: .s"),
        .init(
            "order of the applier", [.apply("a", "{'set':['x','y','z']}"), .apply("a", "{'set':['z','x','y']}")],
            "{'set':['z','x','y']}", #"apply a: .set[="x"] .set[="y"] .set[="z"]"#),
        .init(
            "others keep their place", [.apply("a", "{'set':['x','y']}"), .apply("b", "{'set':['v','y','w']}")],
            "{'set':['x','v','y','w']}", #"apply a: .set[="x"] .set[="y"]; apply b: .set[="v"] .set[="w"] .set[="y"]"#),
        .init(
            "repeated element", [.apply("a", "{'set':['x','x']}")], "{}", "",
            failure:
                #"failed to create typed patch object (/; t.io/v1, Kind=T): .set: duplicate entries for key [="x"]"#),
        .init(
            "object in a set", [.apply("a", "{'set':[{}]}")], "{}", "",
            failure:
                "failed to create typed patch object (/; t.io/v1, Kind=T): .set: element 0: associative list without "
                + "keys has an element that's a map type"),
        .init(
            "null in a set", [.apply("a", "{'set':[null]}")], "{}", "",
            failure:
                "failed to create typed patch object (/; t.io/v1, Kind=T): .set: element 0: associative list without "
                + "keys has an element that's an explicit null"),
        .init(
            "atomic list", [.apply("a", "{'al':['x']}"), .apply("b", "{'al':['y']}")], "{'al':['x']}", "apply a: .al",
            failure: conflict + "\"a\": .al"),
        .init(
            "atomic list replaced", [.apply("a", "{'al':['x','y']}"), .apply("a", "{'al':['y']}")], "{'al':['y']}",
            "apply a: .al"),
        .init(
            "atomic list emptied", [.apply("a", "{'al':['x']}"), .apply("a", "{'al':[]}")], "{'al':[]}", "apply a: .al"),
        .init(
            "atomic list in another order", [.apply("a", "{'al':['x','y']}"), .apply("b", "{'al':['y','x']}")],
            "{'al':['x','y']}", "apply a: .al", failure: conflict + "\"a\": .al"),
    ]

    static let lists: [ApplyCase] = [
        .init(
            "element", [.apply("a", "{'l':[{'name':'x','value':'1'}]}")], "{'l':[{'name':'x','value':'1'}]}",
            #"apply a: .l[name="x"] .l[name="x"].name .l[name="x"].value"#),
        .init(
            "joined", [.apply("a", "{'l':[{'name':'x'}]}"), .apply("b", "{'l':[{'name':'y'}]}")],
            "{'l':[{'name':'x'},{'name':'y'}]}",
            #"apply a: .l[name="x"] .l[name="x"].name; apply b: .l[name="y"] .l[name="y"].name"#),
        .init(
            "shared element",
            [.apply("a", "{'l':[{'name':'x','value':'1'}]}"), .apply("b", "{'l':[{'name':'x','sub':{'a':'2'}}]}")],
            "{'l':[{'name':'x','value':'1','sub':{'a':'2'}}]}",
            #"apply a: .l[name="x"] .l[name="x"].name .l[name="x"].value; apply b: .l[name="x"] .l[name="x"].name .l[name="x"].sub.a"#
        ),
        .init(
            "element removed", [.apply("a", "{'l':[{'name':'x'},{'name':'y'}]}"), .apply("a", "{'l':[{'name':'y'}]}")],
            "{'l':[{'name':'y'}]}", #"apply a: .l[name="y"] .l[name="y"].name"#),
        .init(
            "element emptied of one's part",
            [
                .apply("a", "{'l':[{'name':'x','value':'1'}]}"), .apply("b", "{'l':[{'name':'x','sub':{'a':'2'}}]}"),
                .apply("a", "{}"),
            ],
            "{'l':[{'name':'x','sub':{'a':'2'}}]}", #"apply b: .l[name="x"] .l[name="x"].name .l[name="x"].sub.a"#),
        .init(
            "list goes with its last element", [.apply("a", "{'s':'x','l':[{'name':'x'}]}"), .apply("a", "{'s':'x'}")],
            "{'s':'x'}", "apply a: .s"),
        .init(
            "conflict in an element",
            [.apply("a", "{'l':[{'name':'x','value':'1'}]}"), .apply("b", "{'l':[{'name':'x','value':'2'}]}")],
            "{'l':[{'name':'x','value':'1'}]}", #"apply a: .l[name="x"] .l[name="x"].name .l[name="x"].value"#,
            failure: conflict + #""a": .l[name="x"].value"#),
        .init(
            "order of the applier",
            [.apply("a", "{'l':[{'name':'x'},{'name':'y'}]}"), .apply("a", "{'l':[{'name':'y'},{'name':'x'}]}")],
            "{'l':[{'name':'y'},{'name':'x'}]}",
            #"apply a: .l[name="x"] .l[name="x"].name .l[name="y"] .l[name="y"].name"#),
        .init(
            "new element before",
            [.apply("a", "{'l':[{'name':'y'}]}"), .apply("a", "{'l':[{'name':'x'},{'name':'y'}]}")],
            "{'l':[{'name':'x'},{'name':'y'}]}",
            #"apply a: .l[name="x"] .l[name="x"].name .l[name="y"] .l[name="y"].name"#),
        .init(
            "set in an element",
            [.apply("a", "{'l':[{'name':'x','tags':['p']}]}"), .apply("b", "{'l':[{'name':'x','tags':['q']}]}")],
            "{'l':[{'name':'x','tags':['p','q']}]}",
            #"apply a: .l[name="x"] .l[name="x"].name .l[name="x"].tags[="p"]; apply b: .l[name="x"] .l[name="x"].name .l[name="x"].tags[="q"]"#
        ),
        .init(
            "no key", [.apply("a", "{'l':[{'value':'1'}]}")], "{}", "",
            failure:
                "failed to create typed patch object (/; t.io/v1, Kind=T): .l: element 0: associative list with keys "
                + "has an element that omits all key fields [\"name\"] (and doesn't have default values for any key fields)"
        ),
        .init(
            "no object", [.apply("a", "{'l':['x']}")], "{}", "",
            failure:
                "failed to create typed patch object (/; t.io/v1, Kind=T): .l: element 0: associative list with keys "
                + "may not have non-map elements"),
        .init(
            "null element", [.apply("a", "{'l':[null]}")], "{}", "",
            failure:
                "failed to create typed patch object (/; t.io/v1, Kind=T): .l: element 0: associative list with keys "
                + "may not have a null element"),
        .init(
            "repeated key", [.apply("a", "{'l':[{'name':'x'},{'name':'x'}]}")], "{}", "",
            failure:
                #"failed to create typed patch object (/; t.io/v1, Kind=T): .l: duplicate entries for key [name="x"]"#),
        .init(
            "default of a key",
            [.apply("a", "{'ports':[{'port':80}]}"), .apply("b", "{'ports':[{'port':80,'protocol':'TCP'}]}")],
            "{'ports':[{'port':80,'protocol':'TCP'}]}",
            #"apply a: .ports[port=80,protocol="TCP"] .ports[port=80,protocol="TCP"].port; apply b: .ports[port=80,protocol="TCP"] .ports[port=80,protocol="TCP"].port .ports[port=80,protocol="TCP"].protocol"#
        ),
        .init(
            "two keys", [.apply("a", "{'ports':[{'port':53},{'port':53,'protocol':'UDP'}]}")],
            "{'ports':[{'port':53},{'port':53,'protocol':'UDP'}]}",
            #"apply a: .ports[port=53,protocol="TCP"] .ports[port=53,protocol="TCP"].port .ports[port=53,protocol="UDP"] .ports[port=53,protocol="UDP"].port .ports[port=53,protocol="UDP"].protocol"#
        ),
        .init(
            "one of two keys removed",
            [
                .apply("a", "{'ports':[{'port':53},{'port':53,'protocol':'UDP'}]}"),
                .apply("a", "{'ports':[{'port':53}]}"),
            ],
            "{'ports':[{'port':53}]}", #"apply a: .ports[port=53,protocol="TCP"] .ports[port=53,protocol="TCP"].port"#),
        .init(
            "keys repeated through the default", [.apply("a", "{'ports':[{'port':53},{'port':53,'protocol':'TCP'}]}")],
            "{}", "",
            failure:
                #"failed to create typed patch object (/; t.io/v1, Kind=T): .ports: duplicate entries for key [port=53,protocol="TCP"]"#
        ),
    ]

    static let updates: [ApplyCase] = [
        .init(
            "created by update", [.update("u", "{'s':'x','o':{'a':'1'}}")], "{'s':'x','o':{'a':'1'}}",
            "update u: .o .o.a .s"),
        .init(
            "update owns what it changes", [.update("u", "{'s':'x','n':1}"), .update("v", "{'s':'x','n':2}")],
            "{'s':'x','n':2}", "update u: .s; update v: .n"),
        .init(
            "update that changes nothing", [.update("u", "{'s':'x'}"), .update("v", "{'s':'x'}")], "{'s':'x'}",
            "update u: .s"),
        .init(
            "update removes", [.update("u", "{'s':'x','n':1}"), .update("v", "{'s':'x'}")], "{'s':'x'}", "update u: .s"),
        .init("update removes an object", [.update("u", "{'o':{'a':'1'}}"), .update("v", "{}")], "{}", ""),
        .init(
            "update takes from an applier", [.apply("a", "{'s':'x','n':1}"), .update("u", "{'s':'y','n':1}")],
            "{'s':'y','n':1}", "apply a: .n; update u: .s"),
        .init(
            "update joins its own entry", [.update("u", "{'s':'x'}"), .update("u", "{'s':'x','n':1}")],
            "{'s':'x','n':1}",
            "update u: .n .s"),
        .init(
            "apply conflicts with an update", [.update("u", "{'s':'x'}"), .apply("a", "{'s':'y'}")], "{'s':'x'}",
            "update u: .s", failure: conflict + "\"u\" using t.io/v1: .s"),
        .init(
            "apply shares with an update", [.update("u", "{'s':'x'}"), .apply("a", "{'s':'x'}")], "{'s':'x'}",
            "apply a: .s; update u: .s"),
        .init(
            "apply leaves an update's fields alone",
            [.update("u", "{'s':'x','n':1}"), .apply("a", "{'s':'x'}"), .apply("a", "{}")], "{'s':'x','n':1}",
            "update u: .n .s"),
        .init(
            "changed back by the applier",
            [.apply("a", "{'s':'x'}"), .update("u", "{'s':'y'}"), .force("a", "{'s':'x'}")],
            "{'s':'x'}", "apply a: .s"),
        .init(
            "field added by a controller stays",
            [.apply("a", "{'s':'x'}"), .update("c", "{'s':'x','n':3}"), .apply("a", "{'s':'y'}")],
            "{'s':'y','n':3}", "apply a: .s; update c: .n"),
        .init(
            "element added by a controller stays",
            [
                .apply("a", "{'l':[{'name':'x'}]}"), .update("c", "{'l':[{'name':'x'},{'name':'s'}]}"),
                .apply("a", "{'l':[{'name':'x','value':'1'}]}"),
            ],
            "{'l':[{'name':'x','value':'1'},{'name':'s'}]}",
            #"apply a: .l[name="x"] .l[name="x"].name .l[name="x"].value; update c: .l[name="s"] .l[name="s"].name"#),
        .init(
            "default below an element goes with it",
            [.apply("a", "{'l':[{'name':'x'}],'s':'k'}"), .apply("a", "{'s':'k'}")], "{'s':'k'}", "apply a: .s"),
        .init(
            "repeated elements by an update", [.update("u", "{'set':['x','x']}")], "{'set':['x','x']}",
            #"update u: .set .set[="x"]"#),
        .init(
            "repeated elements stay through an apply",
            [.update("u", "{'set':['x','x']}"), .apply("a", "{'set':['y']}")], "{'set':['x','x','y']}",
            #"apply a: .set[="y"]; update u: .set .set[="x"]"#),
        .init(
            "list created by an update owns itself", [.update("u", "{'l':[{'name':'x'}]}")], "{'l':[{'name':'x'}]}",
            #"update u: .l .l[name="x"] .l[name="x"].name"#),
        .init(
            "update empties a list", [.update("u", "{'set':['x']}"), .update("v", "{'set':[]}")], "{'set':[]}",
            "update u: .set"),
        .init(
            "reordered set changes nobody", [.update("u", "{'set':['x','y']}"), .update("v", "{'set':['y','x']}")],
            "{'set':['y','x']}", #"update u: .set .set[="x"] .set[="y"]"#),
    ]

    static let faults: [ApplyCase] = [
        .init(
            "unknown field", [.apply("a", "{'metadata':{'namespace':'d'}}")], "{}", "",
            failure:
                "failed to create typed patch object (d/; t.io/v1, Kind=T): .metadata.namespace: field not declared in schema"
        ),
        .init(
            "text for a number", [.apply("a", "{'metadata':{'name':'n'},'n':'x'}")], "{}", "",
            failure:
                "failed to create typed patch object (/n; t.io/v1, Kind=T): .n: expected numeric (int or float), got string"
        ),
        .init(
            "number for a text", [.apply("a", "{'s':8080}")], "{}", "",
            failure:
                "failed to create typed patch object (/; t.io/v1, Kind=T): .s: expected string, got &value.valueUnstructured{Value:8080}"
        ),
        .init(
            "text for a flag", [.apply("a", "{'f':'yes'}")], "{}", "",
            failure: "failed to create typed patch object (/; t.io/v1, Kind=T): .f: expected boolean, got &{yes}"),
        .init(
            "list for an object", [.apply("a", "{'o':['x']}")], "{}", "",
            failure: "failed to create typed patch object (/; t.io/v1, Kind=T): .o: expected map, got &{[x]}"),
        .init(
            "object for a list", [.apply("a", "{'al':{'x':'y'}}")], "{}", "",
            failure: "failed to create typed patch object (/; t.io/v1, Kind=T): .al: expected list, got &{map[x:y]}"),
        .init(
            "object for a quantity", [.apply("a", "{'q':{}}")], "{}", "",
            failure: "failed to create typed patch object (/; t.io/v1, Kind=T): .q: expected any scalar, got &{map[]}"),
        .init(
            "several faults", [.apply("a", "{'s':1,'n':'x'}")], "{}", "",
            failure: "failed to create typed patch object (/; t.io/v1, Kind=T): errors:\n  .s: expected string, got "
                + "&value.valueUnstructured{Value:1}\n  .n: expected numeric (int or float), got string"),
        .init(
            "own managed fields", [.apply("a", "{'metadata':{'managedFields':[]}}")], "{}", "",
            failure: "metadata.managedFields must be nil"),
    ]
}
