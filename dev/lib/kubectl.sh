# kubectl, for the tests of deploy/: they build the manifests with "kubectl kustomize". No cluster is needed.

# Manifests use what Kustomize knows since version 5, that is kubectl since 1.27.
kubectl_is_new_enough() { [[ "$(kubectl version --client 2>/dev/null)" =~ "Kustomize Version: v"([5-9]|[1-9][0-9]) ]]; }

ensure_kubectl() {
  if kubectl_is_new_enough; then return; fi
  is_root_on_debian || fail "kubectl is missing, or older than 1.27." \
    "Install it: https://kubernetes.io/docs/tasks/tools/, or: brew install kubectl"
  say "installing kubectl"
  # Debian 12's is older, and in another package.
  if [[ "$(apt_candidate kubectl)" =~ ^[0-9] ]]; then apt_install kubectl; fi
  kubectl_is_new_enough || install_from_testing kubectl
  kubectl_is_new_enough || fail "'kubectl kustomize' still does not work after the installation."
}
