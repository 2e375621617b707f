import Testing

@testable import Cluster

struct HostProgramsTests {
    @Test func whereNodesHaveFoldersOfTheirOwnOnlyTheFileIsShown() {
        let folders = HostPrograms.folders(of: "/tmp/hako")
        #expect(folders.contains("/tmp/hako") && !folders.contains("/tmp"))
        #expect(HostPrograms.folders(of: "/opt/tools/hako").contains("/opt/tools"))
        #expect(!HostPrograms.folders(of: "/usr/local/bin/hako").contains("/usr/local/bin"))
    }
}
