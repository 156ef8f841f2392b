/* SPDX-License-Identifier: Apache-2.0 */
/* A process that does nothing: what starting one costs. */

int main(void)
{
	return 0;
}
