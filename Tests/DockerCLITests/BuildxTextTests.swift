import BuildClient
import CommandLine
import DockerModel
import Testing

@testable import DockerCLI

@Suite("What buildx's commands show")
struct BuildxTextTests {
    @Test("columns reach to the next tab stop")
    func tabStops() {
        #expect(TabStops.text([["Shared:", "1B"], ["Reclaimable:", "2B"]]) == "Shared:\t\t1B\nReclaimable:\t2B\n")
        #expect(TabStops.text([["1234567", "x"]]) == "1234567\tx\n")
        #expect(TabStops.text([["12345678", "x"]]) == "12345678\tx\n")
        #expect(TabStops.text([["alone"]]) == "alone\n")
        #expect(TabStops.text([]).isEmpty)
    }

    @Test("builds are named by context, Dockerfile and target")
    func names() {
        typealias Note = BuildNotes.Note
        for (attributes, note, name) in [
            ([:], nil, ""), (["filename": "Dockerfile"], Note(place: "/tmp/project"), "project"),
            (
                [:], Note(place: "/tmp/project", dockerfile: "/tmp/project/deploy/Dockerfile.release"),
                "project/deploy/Dockerfile.release"
            ),
            ([:], Note(place: "/tmp/project", dockerfile: "/tmp/project/Dockerfile"), "project"),
            ([:], Note(place: "/tmp/a", dockerfile: "/tmp/b.df"), "tmp/b.df"),
            (["target": "t"], Note(place: "/tmp/project"), "project (t)"),
            (["context": "https://x/y.git"], Note(place: "https://x/y.git"), "https://x/y.git"),
            (["build-arg:BUILDKIT_BUILD_NAME": "mine"], Note(place: "/tmp/project"), "mine"),
            (["target": "t"], Note(place: "-"), "t"),
        ] as [([String: String], Note?, String)] {
            #expect(BuildName.of(attributes, note) == name)
        }
    }

    @Test("conditions on records in builders' spelling")
    func conditions() throws {
        #expect(try RecordCondition("status=error").spelling == "status==error")
        #expect(try RecordCondition("ref=ab").spelling == "ref~=ab")
        #expect(try RecordCondition("ref!=ab").spelling == "ref!=ab")
        #expect(try RecordCondition("duration>=10s").spelling == "duration>=10s")
        for text in ["x", "x=y", "status>a", "duration=1s", "duration>soon", "startedAt<never"] {
            #expect(throws: Failure.self, "\(text)") { try RecordCondition(text) }
        }
    }

    @Test("filters of the cache in BuildKit's spelling")
    func cacheFilters() throws {
        var filters = Filters()
        for (name, value) in [("type", "regular"), ("id", "ab"), ("description~", "RUN"), ("until", "1h")] {
            filters.add(name, value)
        }
        let (conditions, keepsFor) = try CacheConditions.words(filters)
        #expect(conditions == ["description~=RUN,id~=ab,type==regular"] && keepsFor == 3_600_000_000_000)
        filters.add("unused-for", "1h")
        #expect(throws: Failure.self) { try CacheConditions.words(filters) }
        var wrong = Filters()
        wrong.add("until", "soon")
        #expect(throws: Failure.self) { try CacheConditions.words(wrong) }
    }
}
