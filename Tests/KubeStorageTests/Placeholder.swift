import Testing
@testable import KubeStorage
