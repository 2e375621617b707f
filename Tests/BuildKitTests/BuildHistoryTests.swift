import Builder
import JSON
import OCI
import Protobuf
import Testing
import Wire

@testable import BuildKit

@Suite("Records of builds")
struct BuildHistoryTests {
    private func request(_ reference: String) throws -> SolveRequest {
        let bytes = ProtobufWriter.message { writer in
            writer.text(1, reference)
            writer.map(7, ["target": "t"])
        }
        return try SolveRequest(ProtobufFields(bytes))
    }

    @Test("builds are there from their beginning, with their end; the oldest go, the pinned stay")
    func records() throws {
        let history = BuildHistory()
        history.begin(try request("first"), StatusBoard())
        #expect(history["first"]?.completed == nil && history["first"]?.attributes == ["target": "t"])
        #expect(!history.remove("first"), "it runs")
        history.end("first", .failure(GRPCStatus(.unknown, "no")))
        #expect(history["first"]?.error?.message == "no" && history["first"]?.completed != nil)
        #expect(history.pin("first", true) && !history.pin("none", true))
        for number in 0...BuildHistory.Limit.records {
            history.begin(try request("b\(number)"), StatusBoard())
            history.end("b\(number)", .success([:]))
        }
        #expect(history["b0"] == nil && history["b1"] != nil && history["first"] != nil)
        #expect(history.remove("first") && history["first"] == nil && !history.remove("first"))
    }

    @Test("conditions on records, in clients' spelling")
    func filters() throws {
        let history = BuildHistory()
        history.begin(try request("good"), StatusBoard())
        history.end("good", .success([:]))
        history.begin(try request("bad"), StatusBoard())
        history.end("bad", .failure(GRPCStatus(.unknown, "no")))
        let records = history.now.records
        func found(_ texts: [String]) throws -> [String] {
            let filter = try HistoryFilter(texts)
            return records.filter(filter.accepts).map(\.reference)
        }
        #expect(try found([]) == ["good", "bad"])
        #expect(try found(["status==error"]) == ["bad"])
        #expect(try found(["status!=error,ref~=oo"]) == ["good"])
        #expect(try found(["ref==x", "status==completed"]) == ["good"])
        #expect(try found(["duration>=1s"]) == ["good", "bad"], "times are the client's own to check")
        #expect(throws: GRPCStatus.self) { try HistoryFilter(["status"]) }
    }

    @Test("definitions that bring one context, and others")
    func definitions() throws {
        func definition(_ operations: [(inout ProtobufWriter) -> Void]) throws -> ProtobufFields {
            try ProtobufFields(
                ProtobufWriter.message { writer in
                    for operation in operations { writer.message(1, operation) }
                })
        }
        func source(_ identifier: String, _ attributes: [String: String] = [:]) -> (inout ProtobufWriter) -> Void {
            { operation in
                operation.message(3) { source in
                    source.text(1, identifier)
                    source.map(2, attributes)
                }
            }
        }
        #expect(
            try RemoteDefinition.address(of: definition([source("https://x/y.tgz"), { _ in }])) == "https://x/y.tgz")
        let git = source("git://x/y.git#main:sub", ["git.fullurl": "https://x/y.git"])
        #expect(try RemoteDefinition.address(of: definition([git])) == "https://x/y.git#main:sub")
        for wrong in [
            [], [source("docker-image://x")], [source("https://x/a"), source("https://x/b")],
            [source("https://x/a"), { operation in operation.message(2) { $0.text(1, "run") } }],
        ] as [[(inout ProtobufWriter) -> Void]] {
            let definition = try definition(wrong)
            #expect(throws: GRPCStatus.self) { try RemoteDefinition.address(of: definition) }
        }
    }

    @Test("images in folders: store and digest")
    func layouts() throws {
        let digest = "sha256:" + String(repeating: "a", count: 64)
        let layout = try LayoutContext("base", "oci-layout://store:tag@\(digest)")
        #expect(layout.store == "store" && "\(layout.digest)" == digest)
        for wrong in ["oci-layout://store", "oci-layout://@\(digest)", "oci-layout://store@sha256:1"] {
            #expect(throws: (any Error).self, "\(wrong)") { try LayoutContext("base", wrong) }
        }
    }
}
