// SPDX-License-Identifier: Apache-2.0
#include "spool/head.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/file.h"
#include "util/hex.h"
#include "util/memory.h"

#define KEY_BYTES	32	/* of a public Ed25519 key */

struct head_key {
	EVP_PKEY *pkey;
	uint8_t id[8];
};

DEFINE_CLEANUP(pkey, EVP_PKEY *, EVP_PKEY_free);
DEFINE_CLEANUP(bio, BIO *, BIO_vfree);
DEFINE_CLEANUP(md, EVP_MD_CTX *, EVP_MD_CTX_free);

struct path head_key_default(void)
{
	return paths_in(paths_conf_dir(), "audit.key");
}

/* ---- keys ------------------------------------------------------------------------------------------------- */

/* Where the public half of PATH stands: audit.key, audit.pub. */
static struct path head_public(const char *path)
{
	const char *dot = strrchr(file_base_name(path), '.');
	struct path public;
	size_t stem = dot ? (size_t)(dot - path) : strlen(path);

	snprintf(public.text, sizeof(public.text), "%.*s.pub", (int)stem, path);
	return public;
}

static int head_write(const char *path, EVP_PKEY *pkey, bool private, struct resid_error *err)
{
	_cleanup_(cleanup_bio) BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long length;

	if (!bio || !(private ? PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) :
				PEM_write_bio_PUBKEY(bio, pkey)))
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot write an Ed25519 key as PEM");
	length = BIO_get_mem_data(bio, &text);
	return file_write(path, text, (size_t)length, private ? 0600 : 0644, FILE_OWN_GROUP, err);
}

int head_key_make(const char *path, struct resid_error *err)
{
	struct path dir = paths_dir_of(path), public = head_public(path);
	_cleanup_(cleanup_pkey) EVP_PKEY *pkey = NULL;

	if (!access(path, F_OK))
		return 0;
	pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	if (!pkey)
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot make an Ed25519 key");
	/* The private one last: while it is missing, both are made. */
	return paths_make_dir(dir.text, 0755, err) || head_write(public.text, pkey, false, err) ||
	       head_write(path, pkey, true, err) ? -1 : 0;
}

int head_key_open(const char *path, struct head_key **out, struct resid_error *err)
{
	_cleanup_fclose_ FILE *file = file_stream(path, err);
	_cleanup_(cleanup_pkey) EVP_PKEY *pkey = NULL;
	uint8_t bytes[KEY_BYTES], hash[SEGMENT_HASH];
	size_t length = sizeof(bytes);
	struct head_key *key;

	if (!file)
		return -1;
	pkey = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	if (!pkey) {
		rewind(file);
		pkey = PEM_read_PUBKEY(file, NULL, NULL, NULL);
	}
	if (!pkey || EVP_PKEY_get_id(pkey) != EVP_PKEY_ED25519 || !EVP_PKEY_get_raw_public_key(pkey, bytes, &length) ||
	    !EVP_Digest(bytes, length, hash, NULL, EVP_sha256(), NULL))
		return resid_fail(err, RESID_EXIT_INPUT, "%s is no Ed25519 key in PEM", path);
	key = mem_zero(1, sizeof(*key));
	key->pkey = TAKE(pkey);
	memcpy(key->id, hash, sizeof(key->id));
	*out = key;
	return 0;
}

void head_key_free(struct head_key *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->pkey);
	free(key);
}

const uint8_t *head_key_id(const struct head_key *key)
{
	return key->id;
}

int head_key_print(const struct head_key *key, FILE *out)
{
	return PEM_write_PUBKEY(out, key->pkey) ? 0 : -1;
}

/* ---- heads ------------------------------------------------------------------------------------------------ */

int head_sign(const struct head_key *key, struct segment_head *head, struct resid_error *err)
{
	_cleanup_(cleanup_md) EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t length = sizeof(head->signature);

	memcpy(head->key, key->id, sizeof(head->key));
	if (!context || !EVP_DigestSignInit(context, NULL, NULL, NULL, key->pkey) ||
	    EVP_DigestSign(context, head->signature, &length, (const uint8_t *)head,
			   offsetof(struct segment_head, signature)) <= 0)
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot sign with this key; is it the private one?");
	return 0;
}

bool head_is_signed(const struct segment_head *head)
{
	static const uint8_t none[sizeof(head->key)];

	return memcmp(head->key, none, sizeof(none));
}

bool head_is_true(const struct head_key *key, const struct segment_head *head)
{
	_cleanup_(cleanup_md) EVP_MD_CTX *context = EVP_MD_CTX_new();

	return context && !memcmp(head->key, key->id, sizeof(head->key)) &&
	       EVP_DigestVerifyInit(context, NULL, NULL, NULL, key->pkey) > 0 &&
	       EVP_DigestVerify(context, head->signature, sizeof(head->signature), (const uint8_t *)head,
				offsetof(struct segment_head, signature)) > 0;
}

void head_hash(const struct segment_head *head, uint8_t hash[SEGMENT_HASH])
{
	if (!EVP_Digest(head, sizeof(*head), hash, NULL, EVP_sha256(), NULL))
		abort();
}

void head_anchor(const struct segment_head *head, char out[HEAD_ANCHOR])
{
	uint8_t hash[SEGMENT_HASH];
	int length = snprintf(out, HEAD_ANCHOR, "%" PRIu64 "-", head->number);

	head_hash(head, hash);
	hex_format(hash, sizeof(hash), out + length);
}

void head_line(const struct segment_head *head, char out[HEAD_LINE])
{
	size_t length;

	head_anchor(head, out);
	length = strlen(out);
	out[length++] = ' ';
	hex_format((const uint8_t *)head, sizeof(*head), out + length);
}

static bool head_digits(const char *text, uint8_t *out, size_t length)
{
	for (size_t i = 0; i < 2 * length; i++) {
		static const char digits[] = "0123456789abcdef";
		const char *digit = text[i] ? strchr(digits, text[i]) : NULL;

		if (!digit)
			return false;
		out[i / 2] = (uint8_t)(out[i / 2] << 4 | (digit - digits));
	}
	return true;
}

int head_parse(const char *text, uint64_t *number, uint8_t hash[SEGMENT_HASH], struct resid_error *err)
{
	struct segment_head head = { 0 };
	uint8_t own[SEGMENT_HASH];
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 10);
	if (errno || *text < '0' || *text > '9' || *end != '-' || !head_digits(end + 1, hash, SEGMENT_HASH))
		return resid_fail(err, RESID_EXIT_USAGE, "an anchor is NUMBER-HASH, as `residctl audit heads` prints it, "
							 "not `%.120s`", text);
	end += 1 + 2 * SEGMENT_HASH;
	if (!*end)
		return 0;
	if (*end != ' ' || !head_digits(end + 1, (uint8_t *)&head, sizeof(head)) || end[1 + 2 * sizeof(head)])
		return resid_fail(err, RESID_EXIT_USAGE, "behind the anchor %.90s stands what is no head", text);
	head_hash(&head, own);
	if (memcmp(own, hash, sizeof(own)) || head.number != *number)
		return resid_fail(err, RESID_EXIT_INPUT, "the anchor %.90s is not that of the head behind it", text);
	return 0;
}
