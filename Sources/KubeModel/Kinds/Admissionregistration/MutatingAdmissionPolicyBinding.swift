/// `admissionregistration.k8s.io` MutatingAdmissionPolicyBinding: puts a mutating policy in force.
enum MutatingAdmissionPolicyBinding {
    static let rules = AdmissionPolicyBinding.rules(kind: "MutatingAdmissionPolicyBinding", isValidating: false)
}
