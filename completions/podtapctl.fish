# SPDX-License-Identifier: Apache-2.0
# Asks podtapctl itself what to complete, so that this is always the installed version.
podtapctl completion fish | source
