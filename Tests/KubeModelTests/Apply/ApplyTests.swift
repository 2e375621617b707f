import JSON
import TestKit
import Testing

@testable import KubeModel

@Suite struct ApplyTests {
    private let small = ApplyBench(SmallType.type)

    @Test("single values are owned, shared and fought over", arguments: ApplyCases.leaves)
    func leaves(_ row: ApplyCase) throws { try ApplyBench.check(row, small) }

    @Test("objects and maps are owned by member", arguments: ApplyCases.objects)
    func objects(_ row: ApplyCase) throws { try ApplyBench.check(row, small) }

    @Test("sets are owned by element, atomic lists as a whole", arguments: ApplyCases.sets)
    func sets(_ row: ApplyCase) throws { try ApplyBench.check(row, small) }

    @Test("lists with keys are owned by element", arguments: ApplyCases.lists)
    func lists(_ row: ApplyCase) throws { try ApplyBench.check(row, small) }

    @Test("updates own what they change", arguments: ApplyCases.updates)
    func updates(_ row: ApplyCase) throws { try ApplyBench.check(row, small) }

    @Test("a configuration that doesn't fit is refused", arguments: ApplyCases.faults)
    func faults(_ row: ApplyCase) throws { try ApplyBench.check(row, small) }

    @Test("there are at least a hundred cases")
    func enough() {
        let tables = [
            ApplyCases.leaves, ApplyCases.objects, ApplyCases.sets, ApplyCases.lists, ApplyCases.updates,
            ApplyCases.faults,
        ]
        #expect(tables.map(\.count).reduce(0, +) >= 100)
    }
}
