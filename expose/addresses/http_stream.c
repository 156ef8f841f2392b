/* SPDX-License-Identifier: Apache-2.0 */
/* A stream of lines over HTTP. libcurl's descriptors and timer are behind one descriptor of the
 * loop, so that none of them stays in the loop when libcurl closes it. */
#include "base/errno_text.h"
#include "expose/addresses/http.h"

#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

static size_t text_add(char *bytes, size_t one, size_t n, void *data)
{
	struct http_stream *s = data;

	if (n > HTTP_BODY_MAX - s->length)
		return n + one; /* not all: libcurl ends the call */
	char *longer = realloc(s->text, s->length + n + 1);
	if (!longer)
		return n + one;
	memcpy(longer + s->length, bytes, n);
	s->text = longer;
	s->length += n;
	s->text[s->length] = '\0';
	return n;
}

/* libcurl tells which events of a descriptor it waits for. */
static int socket_wanted(CURL *easy, curl_socket_t fd, int what, void *data, void *known)
{
	struct http_stream *s = data;
	struct epoll_event event = { .data.fd = fd };

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		epoll_ctl(s->watch.fd, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	event.events =
	        (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
	if (epoll_ctl(s->watch.fd, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) < 0)
		return -1;
	curl_multi_assign(s->multi, fd, s);
	return 0;
}

static int timer_wanted(CURLM *multi, long milliseconds, void *data)
{
	const struct http_stream *s = data;
	const long at_once = milliseconds == 0; /* 0 would stop the timer */
	const struct itimerspec when = { .it_value = { milliseconds / 1000,
		                                       milliseconds % 1000 * 1000000L + at_once } };
	const struct itimerspec never = { .it_value = { 0, 0 } };

	(void)multi;
	return timerfd_settime(s->timer, 0, milliseconds < 0 ? &never : &when, NULL);
}

void http_stream_release(struct http_stream *s)
{
	if (s->multi && s->easy)
		curl_multi_remove_handle(s->multi, s->easy);
	curl_easy_cleanup(s->easy);
	curl_multi_cleanup(s->multi);
	curl_slist_free_all(s->headers);
	s->easy = NULL;
	s->multi = NULL;
	s->headers = NULL;
	text_release(&s->text);
	s->length = 0;
	fd_release(&s->timer);
	fd_release(&s->watch.fd);
}

static long status_of(const struct http_stream *s)
{
	long status = 0;

	curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

/* Passes complete lines on, and keeps the rest. Returns whether there were any. */
static bool lines_pass(struct http_stream *s)
{
	size_t done = 0;

	for (char *end; s->length > done && (end = memchr(s->text + done, '\n', s->length - done));
	     done = (size_t)(end - s->text) + 1) {
		*end = '\0';
		s->line(s->data, s->text + done, (size_t)(end - s->text) - done);
	}
	if (done == 0)
		return false;
	s->length -= done;
	memmove(s->text, s->text + done, s->length + 1);
	return true;
}

/* Closes the stream, and tells why. */
static void stream_end(struct http_stream *s, CURLcode code)
{
	const long status = status_of(s);
	struct failure why = { 0 };

	if (code != CURLE_OK)
		fail(&why, CNI_AGAIN,
		     code == CURLE_WRITE_ERROR ? "a line is too long"
		     : *s->error               ? s->error
		                               : curl_easy_strerror(code),
		     "%s at %.200s", s->what, s->url);
	else if (status != 200)
		fail(&why, CNI_AGAIN, s->text ? s->text : "", "%s at %.200s: status %ld", s->what,
		     s->url, status);
	http_stream_release(s);
	s->ended(s->data, why.code ? &why : NULL);
}

static bool over(const struct http_stream *s, CURLcode *code)
{
	int left;
	const CURLMsg *message = curl_multi_info_read(s->multi, &left);

	if (!message || message->msg != CURLMSG_DONE)
		return false;
	*code = message->data.result;
	return true;
}

static void stream_ready(void *data, uint32_t events)
{
	struct http_stream *s = data;
	struct epoll_event event;
	uint64_t expired;
	CURLcode code;
	int running;

	(void)events;
	if (epoll_wait(s->watch.fd, &event, 1, 0) != 1)
		return;
	if (event.data.fd == s->timer && read(s->timer, &expired, sizeof expired) > 0)
		curl_multi_socket_action(s->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	else if (event.data.fd != s->timer)
		curl_multi_socket_action(
		        s->multi, event.data.fd,
		        (event.events & EPOLLIN ? CURL_CSELECT_IN : 0) |
		                (event.events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
		                (event.events & ~(EPOLLIN | EPOLLOUT) ? CURL_CSELECT_ERR : 0),
		        &running);
	const bool passed = status_of(s) == 200 && lines_pass(s);
	if (over(s, &code))
		stream_end(s, code);
	else if (passed)
		s->pause(s->data);
}

static int stream_start(struct http_stream *s, struct loop *l, const struct http_identity *identity,
                        const struct http_request *r, struct failure *f)
{
	struct epoll_event event = { .events = EPOLLIN };

	s->watch = (struct watch){ epoll_create1(EPOLL_CLOEXEC), stream_ready, s };
	s->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	event.data.fd = s->timer;
	if (s->watch.fd < 0 || s->timer < 0 ||
	    epoll_ctl(s->watch.fd, EPOLL_CTL_ADD, s->timer, &event) < 0)
		return fail_errno(f, errno, "%s", r->what);
	s->multi = curl_multi_init();
	s->easy = http_handle(identity, f);
	s->headers = s->easy ? http_prepare(s->easy, r, f) : NULL;
	if (!s->multi || !s->headers)
		return fail_errno(f, ENOMEM, "%s", r->what);
	curl_multi_setopt(s->multi, CURLMOPT_SOCKETFUNCTION, socket_wanted);
	curl_multi_setopt(s->multi, CURLMOPT_SOCKETDATA, s);
	curl_multi_setopt(s->multi, CURLMOPT_TIMERFUNCTION, timer_wanted);
	curl_multi_setopt(s->multi, CURLMOPT_TIMERDATA, s);
	curl_easy_setopt(s->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)r->milliseconds);
	curl_easy_setopt(s->easy, CURLOPT_WRITEFUNCTION, text_add);
	curl_easy_setopt(s->easy, CURLOPT_WRITEDATA, s);
	curl_easy_setopt(s->easy, CURLOPT_ERRORBUFFER, s->error);
	const CURLMcode added = curl_multi_add_handle(s->multi, s->easy);
	if (added != CURLM_OK)
		return fail(f, CNI_OTHER, curl_multi_strerror(added), "%s", r->what);
	return loop_watch(l, &s->watch, EPOLLIN, f);
}

int http_stream_open(struct http_stream *s, struct loop *l, const struct http_identity *identity,
                     const struct http_request *r, struct failure *f)
{
	s->what = r->what;
	s->error[0] = '\0';
	snprintf(s->url, sizeof s->url, "%s", r->url);
	if (stream_start(s, l, identity, r, f) == 0)
		return 0;
	http_stream_release(s);
	return -1;
}
