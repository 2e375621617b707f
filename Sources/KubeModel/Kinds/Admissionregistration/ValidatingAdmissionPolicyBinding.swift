/// `admissionregistration.k8s.io` ValidatingAdmissionPolicyBinding: puts a validating policy in force.
enum ValidatingAdmissionPolicyBinding {
    static let rules = AdmissionPolicyBinding.rules(kind: "ValidatingAdmissionPolicyBinding", isValidating: true)
}
