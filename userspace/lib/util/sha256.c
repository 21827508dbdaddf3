// SPDX-License-Identifier: Apache-2.0
/* The sha256() that kmod/deps.h asks of the platform. */
#include <openssl/evp.h>
#include <stdlib.h>

#include "kmod/deps.h"

void sha256(const u8 *data, unsigned int length, u8 *out)
{
	unsigned int size = RESID_DIGEST_LEN;

	/* only a provider that lacks SHA-256 can fail here; a digest that was not computed must not be used */
	if (!EVP_Digest(data, length, out, &size, EVP_sha256(), NULL))
		abort();
}
